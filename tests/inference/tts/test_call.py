"""One call without gRPC, in virtual time: what is sent for what is asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from antiphon.audio import Encoding
from antiphon.errors import InvalidInput
from antiphon.v1 import synthesizer_pb2 as pb
from inference.tts.call import MAX_CALL_CHARACTERS, MAX_MESSAGE_BYTES, MAX_WAITING, Call, Order
from inference.tts.engine import Deadline, Said, Step
from inference.tts.output import Format
from inference.tts.simulated import RATE_HZ, WORD_MS, SimulatedEngine
from tests.virtual_time import run_virtual

ORDER = Order(Format(Encoding.PCM_S16LE, RATE_HZ), 1.0)
FLUSH = pb.SynthesizeRequest(flush=pb.Flush())


class Recorded(SimulatedEngine):
    """Also keeps what it was asked to say, and how many pieces were taken."""

    def __init__(self) -> None:
        super().__init__(0.0, 0)
        self.asked: list[str] = []
        self.pieces = 0

    async def speak(
        self, words: Sequence[Said], speed: float, deadline: Deadline
    ) -> AsyncIterator[Step]:
        self.asked.append(" ".join(word.text + word.mark for word in words))
        async for step in super().speak(words, speed, deadline):
            self.pieces += 1
            yield step


def text(written: str) -> pb.SynthesizeRequest:
    return pb.SynthesizeRequest(text=written)


async def stream(requests: Sequence[pb.SynthesizeRequest]) -> AsyncIterator[pb.SynthesizeRequest]:
    for request in requests:
        yield request


def run(*requests: pb.SynthesizeRequest) -> tuple[list[pb.SynthesizeResponse], Recorded, Call]:
    """Return all that a call sends, and its engine."""
    sent: list[pb.SynthesizeResponse] = []
    engine = Recorded()

    async def send(response: pb.SynthesizeResponse) -> None:
        sent.append(response)

    async def main() -> Call:
        call = Call(engine, ORDER, send)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(call.read(stream(requests)))
            await call.speak()
        return call

    return sent, engine, run_virtual(main())


def test_text_in_pieces_is_spoken_by_clauses() -> None:
    sent, engine, call = run(text("Hello th"), text("ere. It is 3"), text(".5 now"))
    assert engine.asked == ["Hello there.", "It is three point five now."]
    chunks = [response.audio for response in sent]
    assert {(chunk.span.start, chunk.span.end) for chunk in chunks} == {(0, 12), (13, 26)}
    written = "Hello there. It is 3.5 now"
    words = [word for chunk in chunks for word in chunk.words]
    heard = [written[word.span.start : word.span.end] for word in words]
    assert heard == ["Hello", "there", "It", "is", "3.5", "now"]
    assert words[4].end_ms - words[4].start_ms == pytest.approx(2.8 * WORD_MS)
    assert call.timing is not None


def test_chunks_follow_each_other_without_a_gap() -> None:
    sent, _, _ = run(text("One two three four. Five six seven."))
    place = 0
    for response in sent:
        assert response.audio.start_ms == pytest.approx(place * 1000 / RATE_HZ)
        place += len(response.audio.audio) // 2
        for word in response.audio.words:
            assert response.audio.start_ms <= word.start_ms < place * 1000 / RATE_HZ


def test_a_flush_speaks_what_is_there_and_answers_after_it() -> None:
    sent, engine, _ = run(text("One two"), FLUSH, text(" three"))
    assert engine.asked == ["One two.", "three."]
    kinds = [response.WhichOneof("event") for response in sent]
    place = kinds.index("flushed")
    before = sum(len(response.audio.audio) for response in sent[:place]) / 2
    assert sent[place].flushed.end_ms == pytest.approx(before * 1000 / RATE_HZ)
    assert "audio" in kinds[:place] and "audio" in kinds[place:]


@pytest.mark.parametrize("written", ["", "👋🏽🎉", " \n"])
def test_nothing_to_speak_ends_cleanly(written: str) -> None:
    sent, engine, call = run(text(written))
    assert (sent, engine.asked, call.timing) == ([], [], None)


def test_a_flush_with_nothing_to_speak() -> None:
    sent, _, _ = run(FLUSH)
    assert sent == [pb.SynthesizeResponse(flushed=pb.Flushed(end_ms=0))]


@pytest.mark.parametrize(
    ("requests", "reason"),
    [
        ([text("ü" * MAX_MESSAGE_BYTES)], "TEXT_TOO_LONG"),
        ([text("- " * 5000)] * (MAX_CALL_CHARACTERS // 10_000 + 1), "TEXT_TOO_LONG"),
        ([pb.SynthesizeRequest(config=pb.SynthesizeConfig())], "CONFIG_TWICE"),
        ([pb.SynthesizeRequest()], "CONFIG_TWICE"),
    ],
)
def test_refused(requests: list[pb.SynthesizeRequest], reason: str) -> None:
    with pytest.raises(ExceptionGroup) as raised:
        run(*requests)
    (error,) = raised.value.exceptions
    assert isinstance(error, InvalidInput)
    assert error.reason == reason
    assert "ü" not in error.message and "- -" not in error.message


def test_a_caller_that_does_not_take_audio_stops_the_engine() -> None:
    engine = Recorded()

    async def send(_: pb.SynthesizeResponse) -> None:
        await asyncio.Event().wait()

    async def main() -> None:
        call = Call(engine, ORDER, send)
        reading = asyncio.create_task(call.read(stream([text("One two three. " * 50)])))
        speaking = asyncio.create_task(call.speak())
        await asyncio.wait([reading, speaking], timeout=60)
        reading.cancel()
        speaking.cancel()

    run_virtual(main())
    assert engine.pieces == 1


def test_reading_waits_for_the_voice() -> None:
    taken = 0

    async def requests() -> AsyncIterator[pb.SynthesizeRequest]:
        nonlocal taken
        while True:
            taken += 1
            yield text("One. ")

    async def main() -> None:
        async def send(_: pb.SynthesizeResponse) -> None: ...

        reading = asyncio.create_task(Call(Recorded(), ORDER, send).read(requests()))
        await asyncio.wait([reading], timeout=60)
        reading.cancel()

    run_virtual(main())
    assert taken == MAX_WAITING + 1
