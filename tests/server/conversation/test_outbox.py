"""The one way out of a session: order, bound, stall, end."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable

import pytest

from antiphon.errors import Exhausted
from server.conversation.outbox import MAX_ITEMS, STALL_S, Audio, Outbox, Outgoing
from server.realtime import server_events
from tests.virtual_time import run_virtual

EVENTS: list[Outgoing] = [server_events.state("listening"), server_events.state("thinking")]


async def _read(outbox: Outbox, into: list[Outgoing], pause_s: float = 0) -> None:
    async for item in outbox:
        into.append(item)
        await asyncio.sleep(pause_s)


def _numbers(count: int) -> list[Outgoing]:
    return [_audio(str(number).encode()) for number in range(count)]


def _audio(data: bytes) -> Audio:
    return Audio(data, "resp_1", "item_1")


def test_what_is_put_comes_out_in_order_and_close_ends_it_after_the_rest() -> None:
    async def main() -> list[Outgoing]:
        outbox, read = Outbox(4), list[Outgoing]()
        async with asyncio.TaskGroup() as group:
            group.create_task(_read(outbox, read, pause_s=0.1))
            for item in _numbers(50):
                await outbox.put(item)
            outbox.close()
        return read

    assert run_virtual(main()) == _numbers(50)


def test_it_ends_though_nothing_was_put() -> None:
    async def main() -> list[Outgoing]:
        outbox, read = Outbox(), list[Outgoing]()
        async with asyncio.TaskGroup() as group:
            group.create_task(_read(outbox, read))
            await asyncio.sleep(1)
            outbox.close()
        return read

    assert run_virtual(main()) == []


def test_it_holds_about_ten_seconds_of_frames_and_then_whoever_puts_waits() -> None:
    async def main() -> float:
        outbox = Outbox()
        await outbox.put(*_numbers(MAX_ITEMS))
        waiting = asyncio.create_task(outbox.put(_audio(b"last")))
        await asyncio.sleep(STALL_S - 1)
        assert not waiting.done()
        reading = asyncio.create_task(_read(outbox, []))
        await waiting
        outbox.close()
        await reading
        return asyncio.get_running_loop().time()

    assert run_virtual(main()) == pytest.approx(STALL_S - 1)


def test_items_put_together_stay_together_though_others_put_too() -> None:
    async def main() -> bytes:
        outbox, read = Outbox(2), list[Outgoing]()

        async def put(*groups: bytes) -> None:
            for group in groups:
                await outbox.put(*(_audio(bytes([byte])) for byte in group))

        async with asyncio.TaskGroup() as group:
            group.create_task(_read(outbox, read, pause_s=0.01))
            async with asyncio.TaskGroup() as writers:
                writers.create_task(put(b"abc", b"def"))
                writers.create_task(put(b"1", b"2", b"3", b"4"))
            outbox.close()
        return b"".join(item.data for item in read if isinstance(item, Audio))

    together = run_virtual(main())
    assert b"abc" in together and b"def" in together
    assert bytes(byte for byte in together if byte < 97) == b"1234"


def test_cancelled_while_it_waits_it_puts_none() -> None:
    async def main() -> list[Outgoing]:
        outbox, read = Outbox(1), list[Outgoing]()
        await outbox.put(_audio(b"first"))
        waiting = asyncio.create_task(outbox.put(_audio(b"second"), _audio(b"third")))
        await asyncio.sleep(0.1)
        waiting.cancel()
        await asyncio.wait({waiting})
        outbox.close()
        await _read(outbox, read)
        return read

    assert run_virtual(main()) == [_audio(b"first")]


def test_a_client_that_does_not_read_is_told_off_once_and_waited_for_once() -> None:
    async def main() -> float:
        outbox = Outbox(1)
        await outbox.put(_audio(b"first"))
        others = asyncio.gather(
            outbox.put(_audio(b"a")),
            _later(5, lambda: outbox.put(_audio(b"b"))),
            return_exceptions=True,
        )
        with pytest.raises(Exhausted, match="10 s") as refused:
            await outbox.put(_audio(b"c"))
        assert refused.value.reason == "CLIENT_STALLED"
        assert [type(each) for each in await others] == [Exhausted, Exhausted]
        with pytest.raises(Exhausted):
            await outbox.put(_audio(b"d"))
        return asyncio.get_running_loop().time()

    assert run_virtual(main()) == pytest.approx(STALL_S)


async def _later(seconds: float, put: Callable[[], Awaitable[None]]) -> None:
    await asyncio.sleep(seconds)
    await put()


def test_audio_that_was_not_taken_can_be_dropped_and_events_keep_their_order() -> None:
    async def main() -> list[Outgoing]:
        outbox, read = Outbox(), list[Outgoing]()
        await outbox.put(_audio(b"a"), EVENTS[0], _audio(b"b"), _audio(b"c"), EVENTS[1])
        outbox.drop_audio()
        await outbox.put(_audio(b"d"))
        outbox.close()
        await _read(outbox, read)
        return read

    assert run_virtual(main()) == [*EVENTS, _audio(b"d")]


def test_dropping_audio_makes_room() -> None:
    async def main() -> list[Outgoing]:
        outbox, read = Outbox(2), list[Outgoing]()
        await outbox.put(EVENTS[0], _audio(b"a"))
        waiting = asyncio.create_task(outbox.put(EVENTS[1]))
        await asyncio.sleep(1)
        assert not waiting.done()
        outbox.drop_audio()
        await waiting
        outbox.close()
        await _read(outbox, read)
        return read

    assert run_virtual(main()) == EVENTS


def test_closing_lets_go_whoever_waits_and_drops_what_comes_after() -> None:
    async def main() -> list[Outgoing]:
        outbox, read = Outbox(1), list[Outgoing]()
        await outbox.put(_audio(b"first"))
        waiting = asyncio.create_task(outbox.put(_audio(b"second")))
        await asyncio.sleep(0.1)
        outbox.close()
        await waiting
        await outbox.put(_audio(b"third"))
        assert asyncio.get_running_loop().time() == pytest.approx(0.1)
        await _read(outbox, read)
        return read

    assert run_virtual(main()) == [_audio(b"first")]


def test_audio_that_was_not_taken_can_be_thrown_away_and_events_stay() -> None:
    async def main() -> list[Outgoing]:
        outbox, read = Outbox(), list[Outgoing]()
        event = server_events.state("listening")
        await outbox.put(_audio(b"first"), event, _audio(b"second"))
        outbox.drop_audio()
        outbox.close()
        await _read(outbox, read)
        assert read == [event]
        return read

    run_virtual(main())


def test_audio_can_travel_as_an_event() -> None:
    event = Audio(b"abc", "resp_1", "item_1", output_index=2).as_event()
    assert event.type == "response.output_audio.delta"
    assert (event.response_id, event.item_id) == ("resp_1", "item_1")
    assert (event.output_index, event.content_index) == (2, 0)
    assert base64.b64decode(event.delta) == b"abc"
