"""Ephemeral keys: what they allow, until when, and how many there are."""

from __future__ import annotations

import asyncio

import pytest

from antiphon.errors import Exhausted
from server.access.ephemeral_keys import KEY_PREFIX, MAX_KEYS, EphemeralKeys
from server.access.grant import Grant, Holder
from tests.virtual_time import run_virtual

GRANT = Grant(Holder.CLIENT, "alice")


def test_a_key_is_known_until_it_expires() -> None:
    async def main() -> None:
        keys = EphemeralKeys()
        key = keys.issue(GRANT, lifetime_s=10)
        assert key.startswith(KEY_PREFIX)
        assert keys.find(key) == GRANT
        await asyncio.sleep(9.999)
        assert keys.find(key) == GRANT
        await asyncio.sleep(0.001)
        assert keys.find(key) is None

    run_virtual(main())


def test_keys_differ_and_each_is_its_owners() -> None:
    async def main() -> None:
        keys = EphemeralKeys()
        other = Grant(Holder.CLIENT, "bob")
        first, second = keys.issue(GRANT, 10), keys.issue(other, 10)
        assert first != second
        assert (keys.find(first), keys.find(second)) == (GRANT, other)

    run_virtual(main())


@pytest.mark.parametrize("key", ["", "ek_", "ek_x", "ek_\udc80", "ek_\u00fc"])
def test_no_other_key_is_known(key: str) -> None:
    async def main() -> None:
        keys = EphemeralKeys()
        keys.issue(GRANT, 10)
        assert keys.find(key) is None

    run_virtual(main())


def test_there_is_a_bound_and_what_has_expired_makes_room() -> None:
    async def main() -> None:
        keys = EphemeralKeys()
        for lifetime_s in range(10, 10 + MAX_KEYS):
            keys.issue(GRANT, lifetime_s)
        with pytest.raises(Exhausted) as full:
            keys.issue(GRANT, 10)
        assert full.value.reason == "KEYS_FULL"
        await asyncio.sleep(10)
        keys.issue(GRANT, 10)

    run_virtual(main())
