"""A call that says that it is a guest's."""

from __future__ import annotations

import pytest

from antiphon.guest import AS_GUEST, GUEST_METADATA, is_guest


def test_a_guests_call_says_so() -> None:
    assert is_guest([("user-agent", "x"), *AS_GUEST])


@pytest.mark.parametrize("metadata", [None, (), (("user-agent", "1"),), ((GUEST_METADATA, "0"),)])
def test_any_other_is_a_conversations(metadata: tuple[tuple[str, str], ...] | None) -> None:
    assert not is_guest(metadata)
