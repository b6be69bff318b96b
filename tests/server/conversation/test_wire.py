"""Where a session's words go, whether anybody is there or not."""

from __future__ import annotations

from server.conversation.outbox import Outbox, Outgoing
from server.conversation.wire import Wire
from server.realtime import server_events
from tests.server.world import piece
from tests.virtual_time import run_virtual

STATE = server_events.state("listening")


async def _rest(outbox: Outbox) -> list[Outgoing]:
    """Return what is in a closed outbox."""
    return [item async for item in outbox]


def test_without_a_line_what_is_put_is_dropped() -> None:
    async def main() -> None:
        wire = Wire()
        await wire.put(STATE, piece(b"audio"))
        wire.drop_audio()
        wire.disconnect()
        assert wire.lead_ms == 0

    run_virtual(main())


def test_what_is_put_goes_to_the_line_that_is_connected() -> None:
    async def main() -> None:
        wire, outbox = Wire(), Outbox()
        wire.connect(outbox, 40)
        assert wire.lead_ms == 40
        await wire.put(STATE, piece(b"audio"))
        wire.disconnect()
        await wire.put(piece(b"too late"))
        assert await _rest(outbox) == [STATE, piece(b"audio")]

    run_virtual(main())


def test_a_new_line_takes_over_and_the_one_before_is_closed() -> None:
    async def main() -> None:
        wire, before, after = Wire(), Outbox(), Outbox()
        wire.connect(before, 40)
        await wire.put(piece(b"one"))
        wire.connect(after, 100)
        await wire.put(piece(b"two"))
        assert await _rest(before) == [piece(b"one")]
        assert wire.lead_ms == 100
        wire.disconnect()
        assert await _rest(after) == [piece(b"two")]

    run_virtual(main())


def test_audio_that_has_not_left_can_be_dropped() -> None:
    async def main() -> None:
        wire, outbox = Wire(), Outbox()
        wire.connect(outbox, 40)
        await wire.put(piece(b"audio"), STATE, piece(b"audio"))
        wire.drop_audio()
        wire.disconnect()
        assert await _rest(outbox) == [STATE]

    run_virtual(main())


def test_audio_that_somebody_hears_is_told_and_nothing_else() -> None:
    async def main() -> list[bytes]:
        told: list[bytes] = []
        wire = Wire(told.append)
        await wire.put(piece(b"of nobody"))
        wire.connect(Outbox(), 0)
        await wire.put(STATE, piece(b"one"), piece(b"two"))
        return told

    assert run_virtual(main()) == [b"one", b"two"]
