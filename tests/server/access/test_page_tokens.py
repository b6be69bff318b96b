"""Tokens of the page's address: good once, for a day, and few."""

from __future__ import annotations

import asyncio

import pytest

from server.access.page_tokens import LIFETIME_S, MAX_TOKENS, PageTokens
from tests.virtual_time import run_virtual


def test_a_token_is_good_once() -> None:
    async def main() -> None:
        tokens = PageTokens()
        token, other = tokens.issue(), tokens.issue()
        assert token != other
        assert tokens.spend(token)
        assert not tokens.spend(token)
        assert tokens.spend(other)

    run_virtual(main())


@pytest.mark.parametrize("token", ["", "x", "\udc80", "\u00fc"])
def test_what_was_not_issued_is_not_good(token: str) -> None:
    async def main() -> None:
        tokens = PageTokens()
        tokens.issue()
        assert not tokens.spend(token)

    run_virtual(main())


@pytest.mark.parametrize(("waited_s", "good"), [(LIFETIME_S - 1, True), (LIFETIME_S, False)])
def test_a_token_is_good_for_a_day(waited_s: float, good: bool) -> None:
    async def main() -> None:
        tokens = PageTokens()
        token = tokens.issue()
        await asyncio.sleep(waited_s)
        assert tokens.spend(token) is good

    run_virtual(main())


def test_the_oldest_gives_way() -> None:
    async def main() -> None:
        tokens = PageTokens()
        issued = [tokens.issue() for _ in range(MAX_TOKENS + 1)]
        assert not tokens.spend(issued[0])
        assert all(tokens.spend(token) for token in issued[1:])

    run_virtual(main())
