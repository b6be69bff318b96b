from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import Awaitable, Callable
from typing import Any, cast

import av
import numpy as np
import pytest

from antiphon.audio import Encoding, Int16
from antiphon.errors import InvalidInput, Unavailable
from antiphon.guest import is_guest
from antiphon.timing import Timing
from antiphon.v1 import common_pb2
from antiphon.v1 import synthesizer_pb2 as pb
from server.engines.synthesizer import MAX_TEXT_CHARS
from server.riva import speaker as module
from server.riva.protos import tts
from server.riva.speaker import Speaker
from server.riva.synthesis_request import Output, Wanted
from server.sound.encoding import Encoder, Format, open_encoder
from tests.server.fake_call import rpc_error
from tests.server.fakes import WORD_MS, FakeSynthesizer
from tests.virtual_time import run_virtual

# What the fake speaks.
RATE_HZ = 24_000
PCM = Output(Encoding.PCM_S16LE, RATE_HZ)
WORD_BYTES = 2 * RATE_HZ * WORD_MS // 1000

Story = Callable[[Speaker], Awaitable[None]]


def play(story: Story, fake: FakeSynthesizer | None = None, *, threads: bool = False) -> list[Any]:
    """Return the responses that `story` gets; real time passes where `threads` work for it."""
    told: list[Any] = []

    async def tell(response: Any) -> None:
        told.append(response)

    async def main() -> None:
        await story(Speaker(cast(Any, fake or FakeSynthesizer()), tell))

    run = asyncio.run if threads else run_virtual
    run(main())
    return told


def says(*texts: str, output: Output = PCM, words: bool = False) -> Story:
    async def story(speaker: Speaker) -> None:
        for number, text in enumerate(texts):
            request_id = {"value": str(number)}
            await speaker.say(Wanted(text, "joe", output, words), request_id)
        await speaker.end()

    return story


def test_texts_are_spoken_in_order_each_with_its_own_id() -> None:
    fake = FakeSynthesizer()
    told = play(says("Hello.", "Bye."), fake)
    assert [response.id.value for response in told] == ["0", "1"]
    assert [len(response.audio) for response in told] == 2 * [WORD_BYTES]
    assert not any(response.meta.words for response in told)
    assert all(is_guest(metadata) for metadata in fake.metadata)
    for call, text in zip(fake.calls, ("Hello.", "Bye."), strict=True):
        config, *rest = call.requests
        assert config.config == pb.SynthesizeConfig(
            voice="joe",
            audio=common_pb2.AudioFormat(
                encoding=common_pb2.AUDIO_ENCODING_PCM_S16LE, sample_rate_hz=RATE_HZ
            ),
        )
        assert [request.text for request in rest] == [text]
        assert call.half_closed.is_set()


def test_a_long_text_is_sent_in_pieces_that_the_contract_allows() -> None:
    fake = FakeSynthesizer()
    text = "ä" * (2 * MAX_TEXT_CHARS + 1)
    play(says(text), fake)
    pieces = [request.text for request in fake.calls[0].requests[1:]]
    assert "".join(pieces) == text
    assert [len(piece) for piece in pieces] == [MAX_TEXT_CHARS, MAX_TEXT_CHARS, 1]


def test_words_have_times_in_all_of_the_calls_sound() -> None:
    told = play(says("Hello.", "Bye.", words=True))
    (hello,), (bye,) = (response.meta.words for response in told)
    assert (hello.word, hello.start_time, hello.end_time) == ("Hello.", 0, WORD_MS)
    assert (bye.word, bye.start_time, bye.end_time) == ("Bye.", WORD_MS, 2 * WORD_MS)


@pytest.mark.parametrize("kind", [Format.OPUS, Format.FLAC])
def test_compressed_speech_is_one_file_for_all_texts(kind: Format) -> None:
    output = Output(Encoding.PCM_S16LE, RATE_HZ, kind)
    told = play(says("Hello.", "Bye.", output=output), threads=True)
    assert all(response.audio for response in told)
    data = b"".join(response.audio for response in told)
    with av.open(io.BytesIO(data), "r") as file:
        rate_hz = file.streams.audio[0].rate
        samples = np.concatenate([frame.to_ndarray()[0] for frame in file.decode(audio=0)])
    assert len(samples) / rate_hz == pytest.approx(2 * WORD_MS / 1000, abs=0.05)
    if kind is Format.FLAC:
        assert set(samples.tolist()) == {5000}  # the fake's


def test_words_are_told_though_the_encoder_holds_their_sound_back() -> None:
    fake = FakeSynthesizer(word_ms=10)
    output = Output(Encoding.PCM_S16LE, RATE_HZ, Format.OPUS)
    first, last = play(says("Hello.", output=output, words=True), fake, threads=True)
    assert [word.word for word in first.meta.words] == ["Hello."]
    assert len(last.audio) > 10


def test_nobody_waits_while_speech_is_compressed(monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[int] = []

    def open_watched(kind: Format, rate_hz: int) -> Encoder:
        encoder = open_encoder(kind, rate_hz)

        class Watched:
            def feed(self, samples: Int16) -> bytes:
                threads.append(threading.get_ident())
                return encoder.feed(samples)

            def end(self) -> bytes:
                threads.append(threading.get_ident())
                return encoder.end()

        return Watched()

    monkeypatch.setattr(module, "open_encoder", open_watched)
    play(says("Hello.", output=Output(Encoding.PCM_S16LE, RATE_HZ, Format.OPUS)), threads=True)
    assert len(threads) == 2
    assert threading.get_ident() not in threads


@pytest.mark.parametrize(
    "other", [Output(Encoding.MULAW, RATE_HZ), Output(Encoding.PCM_S16LE, 8000)]
)
def test_the_sound_of_a_call_does_not_change_its_encoding(other: Output) -> None:
    async def story(speaker: Speaker) -> None:
        await speaker.say(Wanted("Hello.", "joe", PCM))
        with pytest.raises(InvalidInput, match="of the first request") as refused:
            await speaker.say(Wanted("Bye.", "joe", other))
        assert refused.value.reason == "FORMAT_CHANGED"

    assert len(play(story)) == 1


def test_the_voices_work_for_all_texts_is_added_up() -> None:
    async def story(speaker: Speaker) -> None:
        assert speaker.timing is None
        await says("a", "b", "c")(speaker)
        assert speaker.timing == Timing(first_output_ms=50)

    play(story)


def test_a_voice_that_fails_is_not_available() -> None:
    fake = FakeSynthesizer(error=rpc_error())
    with pytest.raises(BaseExceptionGroup) as failed:
        play(says("Hello."), fake)
    assert isinstance(failed.value.exceptions[0], Unavailable)


def test_whoever_goes_away_lets_the_voice_go() -> None:
    fake = FakeSynthesizer(delay_ms=60_000)

    async def story(speaker: Speaker) -> None:
        saying = asyncio.create_task(speaker.say(Wanted("Hello.", "joe", PCM)))
        await asyncio.sleep(1)
        saying.cancel()
        await asyncio.wait({saying})
        assert saying.cancelled()

    assert play(story, fake) == []
    assert fake.calls[0].cancelled


def test_responses_are_rivas() -> None:
    assert isinstance(play(says("Hello."))[0], tts.SynthesizeSpeechResponse)
