"""Whose call it is, from the one who passes it on to the engine."""

from __future__ import annotations

import pytest

from antiphon import caller

ADDRESS = "ipv4:127.0.0.1:50000"
OTHER = "ipv4:127.0.0.2:50000"


def test_a_caller_is_told_from_others_and_not_named() -> None:
    one, again, other = (caller.by(name) for name in (ADDRESS, ADDRESS, OTHER))
    assert one == again
    assert caller.of(one) == caller.of(again) != caller.of(other)
    [(name, value)] = one
    assert name == caller.CALLER_METADATA
    assert ADDRESS not in value


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (ADDRESS, "ipv4:127.0.0.1:50001"),
        (ADDRESS, "127.0.0.1"),
        ("ipv6:[::1]:50000", "ipv6:[::1]:7"),
        ("unix:", "unix:"),
    ],
)
def test_all_connections_of_a_host_are_one_callers(one: str, other: str) -> None:
    assert caller.by(one) == caller.by(other)


@pytest.mark.parametrize(
    "metadata", [None, (), (("user-agent", "x"),), ((caller.CALLER_METADATA, ""),)]
)
def test_nobody_says_whose_call_it_is(metadata: caller.Metadata | None) -> None:
    assert caller.of(metadata) is None


@pytest.mark.parametrize("value", ["any text", "x" * 8000, b"bytes"])
def test_a_key_is_small_whatever_is_sent(value: str | bytes) -> None:
    key = caller.of([("other", "1"), (caller.CALLER_METADATA, value)])
    assert key is not None and len(key) == 16
    assert key != caller.of([(caller.CALLER_METADATA, "another")])
