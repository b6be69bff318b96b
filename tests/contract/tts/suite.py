"""What every voice must do, over gRPC: one suite for the simulated engine and the real one.

A file `test_ENGINE.py` beside this one imports all of it and has a fixture `service`.
"""

from __future__ import annotations

import asyncio
from itertools import pairwise

import grpc
import pytest

from antiphon.errors import InvalidInput, NotFound
from antiphon.v1 import common_pb2
from antiphon.v1 import synthesizer_pb2 as pb
from antiphon.v1.synthesizer_pb2_grpc import SynthesizerStub
from tests.tts_service import Answer, Service, ask

CONFIG = pb.SynthesizeRequest(config=pb.SynthesizeConfig())
FLUSH = pb.SynthesizeRequest(flush=pb.Flush())
WRITTEN = "Dr. Smith owes $3.50 for A-1042. Is that in order, or not? 👍"
SPOKEN = ["Dr.", "Smith", "owes", "$3.50", "for", "A", "1", "0", "4", "2"]
SPOKEN += ["Is", "that", "in", "order", "or", "not"]
# Found in nothing that an engine, a library or this project writes by itself.
PLANTED = "zanzibar-hollyhock"


def text(written: str) -> pb.SynthesizeRequest:
    return pb.SynthesizeRequest(text=written)


def told(answer: Answer, written: str) -> list[str]:
    """Return the words as they were written."""
    return [written[word.span.start : word.span.end].strip() for word in answer.words]


def test_what_was_written_is_told_word_by_word_in_order(service: Service) -> None:
    answer = service.ask(CONFIG, text(WRITTEN))
    assert told(answer, WRITTEN) == SPOKEN
    assert all(word.start_ms < word.end_ms for word in answer.words)
    assert all(one.start_ms < other.start_ms for one, other in pairwise(answer.words))


def test_a_word_is_told_in_the_chunk_that_it_begins_in(service: Service) -> None:
    rate_hz = service.with_stub(lambda stub: stub.ListVoices(pb.ListVoicesRequest())).voices[0]
    place_ms = 0.0
    for chunk in service.ask(CONFIG, text(WRITTEN)).chunks:
        assert chunk.start_ms == pytest.approx(place_ms)
        place_ms += len(chunk.audio) / 2 * 1000 / rate_hz.sample_rate_hz
        assert all(chunk.start_ms <= word.start_ms < place_ms for word in chunk.words)
        assert chunk.span.start < chunk.span.end <= len(WRITTEN)


@pytest.mark.parametrize("step", [1, 7])
def test_pieces_of_text_make_no_difference(service: Service, step: int) -> None:
    places = range(0, len(WRITTEN), step)
    answer = service.ask(CONFIG, *(text(WRITTEN[place : place + step]) for place in places))
    assert told(answer, WRITTEN) == SPOKEN


def test_a_flush_is_answered_after_the_audio_of_the_text_before_it(service: Service) -> None:
    answer = service.ask(CONFIG, text("One two"), FLUSH, text(" three"), FLUSH, FLUSH)
    assert "".join(kind[0] for kind in answer.kinds).replace("aa", "a").count("f") == 3
    assert answer.kinds[0] == "audio" and answer.kinds[-2:] == ["flushed", "flushed"]
    first, second, third = (flushed.end_ms for flushed in answer.flushed)
    assert 0 < first < second == third
    place = answer.kinds.index("flushed")
    assert [word.span.start for chunk in answer.chunks[:place] for word in chunk.words] == [0, 4]


@pytest.mark.parametrize("written", ["", "🎉👋🏽", "… — !", "你好"])
def test_nothing_to_speak_is_no_error(service: Service, written: str) -> None:
    answer = service.ask(CONFIG, text(written))
    assert (answer.kinds, answer.timing) == ([], None)


@pytest.mark.parametrize(
    ("encoding", "rate_hz", "sample_bytes"),
    [
        (common_pb2.AUDIO_ENCODING_PCM_S16LE, 48_000, 2),
        (common_pb2.AUDIO_ENCODING_PCM_F32LE, 16_000, 4),
        (common_pb2.AUDIO_ENCODING_MULAW, 8_000, 1),
        (common_pb2.AUDIO_ENCODING_ALAW, 24_000, 1),
    ],
)
def test_formats(
    service: Service,
    encoding: common_pb2.AudioEncoding,
    rate_hz: int,
    sample_bytes: int,
) -> None:
    audio = common_pb2.AudioFormat(encoding=encoding, sample_rate_hz=rate_hz)
    config = pb.SynthesizeRequest(config=pb.SynthesizeConfig(audio=audio))
    answer = service.ask(config, text("Hello there."), FLUSH)
    samples = len(answer.audio) / sample_bytes
    assert samples * 1000 / rate_hz == pytest.approx(answer.flushed[0].end_ms)
    assert 300 < answer.flushed[0].end_ms < 3000


def test_speed(service: Service) -> None:
    def length(speed: float) -> int:
        config = pb.SynthesizeRequest(config=pb.SynthesizeConfig(speed=speed))
        return len(service.ask(config, text("This is a sentence of a usual length.")).audio)

    assert length(0.5) > 1.4 * length(1.0) > 1.8 * length(2.0)


@pytest.mark.parametrize(
    ("config", "error", "reason"),
    [
        (pb.SynthesizeConfig(voice="nobody"), NotFound, "UNKNOWN_VOICE"),
        (pb.SynthesizeConfig(speed=float("nan")), InvalidInput, "SPEED"),
        (pb.SynthesizeConfig(audio=common_pb2.AudioFormat()), InvalidInput, "AUDIO_ENCODING"),
    ],
)
def test_refused(
    service: Service, config: pb.SynthesizeConfig, error: type[Exception], reason: str
) -> None:
    with pytest.raises(error) as raised:
        # No text after it: gRPC hides a refusal behind a write that it breaks.
        service.ask(pb.SynthesizeRequest(config=config))
    assert getattr(raised.value, "reason") == reason  # noqa: B009 - not of every Exception


def test_text_before_config_and_too_much_of_it(service: Service) -> None:
    with pytest.raises(InvalidInput, match="first request must hold config"):
        service.ask(text("Hello."))
    with pytest.raises(InvalidInput, match="at most 16384"):
        service.ask(CONFIG, text("a " * 500_000))


def test_calls_at_the_same_time_do_not_mix(service: Service) -> None:
    written = ["One two three four.", "Five six seven.", "Eight nine ten eleven twelve."]

    async def all_of(stub: SynthesizerStub) -> list[Answer]:
        return await asyncio.gather(*(ask(stub, [CONFIG, text(one)]) for one in written))

    for answer, one in zip(service.with_stub(all_of), written, strict=True):
        assert " ".join(told(answer, one)) + "." == one


def test_a_cancelled_call_leaves_the_service_as_it_was(service: Service) -> None:
    async def cancelled(stub: SynthesizerStub) -> None:
        call = stub.Synthesize(iter([CONFIG, text("This goes on and on. " * 100)]))
        async for _ in call:
            call.cancel()
            break
        assert await call.code() is grpc.StatusCode.CANCELLED

    for _ in range(20):  # more than are admitted at the same time
        service.with_stub(cancelled)
    assert service.ask(CONFIG, text("Hello.")).chunks


def test_a_call_ends_with_its_timing(service: Service) -> None:
    timing = service.ask(CONFIG, text("Hello there.")).timing
    assert timing is not None
    assert timing.first_output_ms > 0 and timing.compute_ms > 0


def test_what_it_says_of_itself(service: Service) -> None:
    async def asked(stub: SynthesizerStub) -> tuple[common_pb2.ServiceInfo, pb.Voice]:
        voices = await stub.ListVoices(pb.ListVoicesRequest())
        return await stub.GetInfo(common_pb2.GetInfoRequest()), voices.voices[0]

    info, voice = service.with_stub(asked)
    assert info.simulated is service.simulated
    assert set(info.capabilities) == {"streaming", "word_times"}
    assert voice.language == "en-US" and voice.sample_rate_hz >= 16_000
    named = pb.SynthesizeRequest(config=pb.SynthesizeConfig(voice=voice.name))
    assert service.ask(named, text("Hello.")).chunks


def test_no_word_of_a_caller_is_written(service: Service) -> None:
    service.ask(CONFIG, text(f"The password is {PLANTED}."))
    with pytest.raises(InvalidInput) as raised:
        service.ask(CONFIG, text(PLANTED * 1000))
    assert PLANTED not in raised.value.message
    logs = [path.read_bytes() for path in service.logs.rglob("*") if path.is_file()]
    assert logs
    for word in PLANTED.split("-"):
        assert not any(word.encode() in log for log in logs)
