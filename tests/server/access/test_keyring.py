"""Which keys open the door, and what a refusal says."""

from __future__ import annotations

import asyncio

import pytest

from antiphon.errors import NotPermitted
from server.access.grant import Grant, Holder
from server.access.installation_key import bearer
from server.access.keyring import Keyring
from tests.virtual_time import run_virtual


async def _reason(authorization: str | None) -> str:
    with pytest.raises(NotPermitted) as refused:
        Keyring("ak_x").check(authorization)
    assert "ak_" not in refused.value.message
    return refused.value.reason


@pytest.mark.parametrize("authorization", ["Bearer ak_x", "bearer ak_x"])
def test_the_installations_key_passes(authorization: str) -> None:
    grant = Keyring("ak_x").check(authorization)
    assert grant == Grant(Holder.INSTALLATION, "")


def test_it_passes_as_metadata_of_a_grpc_call() -> None:
    metadata: list[tuple[str, str | bytes]] = [("other", b"x"), *bearer("ak_x")]
    assert Keyring("ak_x").check_metadata(metadata).holder is Holder.INSTALLATION


@pytest.mark.parametrize(
    ("authorization", "reason"),
    [
        (None, "KEY_REQUIRED"),
        ("Bearer ak_y", "KEY_UNKNOWN"),
        ("Bearer ", "KEY_UNKNOWN"),
        ("", "KEY_UNKNOWN"),
        ("ak_x", "KEY_UNKNOWN"),
        ("Basic ak_x", "KEY_UNKNOWN"),
        ("Bearer ak_x\u00e9", "KEY_UNKNOWN"),
        ("Bearer ak_x\udce9", "KEY_UNKNOWN"),
    ],
)
def test_anything_else_does_not(authorization: str | None, reason: str) -> None:
    assert run_virtual(_reason(authorization)) == reason


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        (None, "KEY_REQUIRED"),
        ([("x-key", "ak_x")], "KEY_REQUIRED"),
        ([("authorization", b"Bearer ak_x")], "KEY_UNKNOWN"),
    ],
)
def test_nor_does_other_metadata(
    metadata: list[tuple[str, str | bytes]] | None, reason: str
) -> None:
    async def main() -> None:
        with pytest.raises(NotPermitted) as refused:
            Keyring("ak_x").check_metadata(metadata)
        assert refused.value.reason == reason

    run_virtual(main())


def test_an_ephemeral_key_passes_until_it_expires() -> None:
    async def main() -> None:
        keyring, grant = Keyring("ak_x"), Grant(Holder.CLIENT, "alice")
        key = keyring.ephemeral.issue(grant, 10)
        assert keyring.check(f"Bearer {key}") == grant
        await asyncio.sleep(10)
        with pytest.raises(NotPermitted, match="expired"):
            keyring.check(f"Bearer {key}")

    run_virtual(main())
