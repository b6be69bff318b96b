from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import FrozenInstanceError

import pytest

from antiphon.errors import AntiphonError
from server.conversation.line import Incoming, Line, LineLost
from server.conversation.outbox import Outbox
from tests.virtual_time import run_virtual


async def _breaking(*items: Incoming) -> AsyncIterator[Incoming]:
    for item in items:
        yield item
    raise LineLost


def test_a_line_holds_what_one_transport_has_to_offer_and_stays_as_it_is() -> None:
    async def main() -> None:
        line = Line(_breaking(b"audio", "{}"), Outbox(), lead_ms=40)
        read = list[Incoming]()
        with pytest.raises(LineLost):
            async for item in line.incoming:
                read.append(item)
        assert read == [b"audio", "{}"]
        with pytest.raises(FrozenInstanceError):
            line.lead_ms = 50  # type: ignore[misc]

    run_virtual(main())


def test_a_broken_line_is_no_failure_that_a_caller_is_told() -> None:
    assert not issubclass(LineLost, AntiphonError)
