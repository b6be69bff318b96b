"""A planted phrase must not be found in any log, nor in the text of any error."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import grpc
import pytest

from antiphon.channel import connect
from antiphon.errors import Exhausted
from antiphon.serving import ErrorInterceptor
from antiphon.v1 import conversation_pb2, generator_pb2, synthesizer_pb2
from antiphon.v1 import recognizer_pb2 as pb
from antiphon.v1.conversation_pb2_grpc import ConversationStub, add_ConversationServicer_to_server
from antiphon.v1.generator_pb2_grpc import GeneratorServicer, add_GeneratorServicer_to_server
from antiphon.v1.recognizer_pb2_grpc import RecognizerServicer, add_RecognizerServicer_to_server
from antiphon.v1.synthesizer_pb2_grpc import (
    SynthesizerServicer,
    add_SynthesizerServicer_to_server,
)
from server.access import installation_key as keys
from server.conversation.ear import MOST_FAILURES
from server.edge.converse import Converse
from server.engines.services import open_services
from server.session_maker import SessionMaker
from server.settings import AgentSettings, ServerSettings
from tests.server.fake_call import rpc_error
from tests.server.fakes import FakeGenerator, FakeSynthesizer
from tests.server.http.house import HttpHouse
from tests.server.odd_events import VALID, places, replaced
from tests.server.world import FRAME, World, first_of, tell

# Also as bytes of audio, and so in base64.
PHRASE = "tangerine marmalade!"
PHRASE_AUDIO = PHRASE.encode() * 48
TRACES = (
    PHRASE,
    "tangerine",
    base64.b64encode(PHRASE.encode()).decode()[:20],
    repr(PHRASE_AUDIO)[2:20],
)
# Until the recogniser has failed over the same audio for the last time.
RETRIES_S = 2.0
FOREIGN = rpc_error(grpc.StatusCode.UNKNOWN, f"Unexpected <class 'ValueError'>: {PHRASE}")


@pytest.fixture(autouse=True)
def nothing_is_written(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Write down every log record, asyncio's and gRPC's own included, and search it after the test."""
    monkeypatch.setenv("PYTHONASYNCIODEBUG", "1")
    written = io.StringIO()
    handler, root = logging.StreamHandler(written), logging.getLogger()
    before = root.level
    root.setLevel(logging.DEBUG)
    root.addHandler(handler)
    # The test's own client writes down what it sends.
    logging.getLogger("websockets.client").setLevel(logging.INFO)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(before)
    out, err = capfd.readouterr()
    assert "Using selector" in written.getvalue(), "not even asyncio's first words were found"
    _keeps_quiet(written.getvalue() + out + err)


def _keeps_quiet(text: str) -> None:
    for trace in TRACES:
        assert trace not in text


def _errors(world: World) -> list[str]:
    """Return the text of every error that the client was told."""
    responses = [event["response"] for event in world.events("response.done")]
    told = [event["error"] for event in world.events("error")]
    told += [response.get("status_details") for response in responses]
    return [json.dumps(each) for each in told]


@pytest.mark.parametrize(
    ("generator", "voice"),
    [
        (FakeGenerator([PHRASE]), FakeSynthesizer()),
        (FakeGenerator([PHRASE, "x"], fail_after=1, error=FOREIGN), FakeSynthesizer()),
        (FakeGenerator([PHRASE], fail_after=0, error=ValueError(PHRASE)), FakeSynthesizer()),
        (FakeGenerator([PHRASE]), FakeSynthesizer(error=FOREIGN)),
        (FakeGenerator([PHRASE], first_ms=1e6), FakeSynthesizer()),
    ],
)
def test_turns_that_go_well_or_ill_say_nothing_of_what_was_said(
    generator: FakeGenerator, voice: FakeSynthesizer
) -> None:
    async def story(world: World) -> None:
        world.send(PHRASE_AUDIO)
        await world.speak(PHRASE)
        await world.until("response.done")
        world.send({"type": "response.cancel"})
        world.recognizer.say(PHRASE)
        await world.until("response.done")

    agent = AgentSettings(instructions=PHRASE, greeting="")
    world = tell(story, agent=agent, generator=generator, voice=voice)
    _keeps_quiet("\n".join(_errors(world)))


@pytest.mark.parametrize("error", [FOREIGN, rpc_error(grpc.StatusCode.INTERNAL, "")])
def test_a_recogniser_that_is_lost_takes_what_was_heard_with_it(error: Any) -> None:
    async def story(world: World) -> None:
        world.send(PHRASE_AUDIO)
        await world.recognizer.opened.wait()
        world.recognizer.start()
        for _ in range(MOST_FAILURES):
            world.recognizer.partial(PHRASE)
            await asyncio.sleep(1)
            world.recognizer.call.fail(error)
            await asyncio.sleep(1)
        failed = await world.until("conversation.item.input_audio_transcription.failed")
        _keeps_quiet(repr(failed))

    tell(story)


def _planted() -> Iterator[str]:
    """Yield every valid event with the phrase in the place of each of its values, and beside it."""
    for event in VALID:
        for path in places(event):
            # The client's own name for its event is told back to it: that is what it is for.
            if path[0] == "event_id":
                continue
            for value in (PHRASE, [PHRASE], {PHRASE: PHRASE}):
                yield json.dumps(replaced(event, path, value))
                if isinstance(path[-1], str):
                    yield json.dumps(replaced(event, (*path[:-1], PHRASE), value))
    yield PHRASE
    yield json.dumps(PHRASE)
    yield json.dumps({"type": "input_audio_buffer.append", "audio": PHRASE})


def test_no_error_repeats_an_event() -> None:
    async def story(world: World) -> None:
        for text in _planted():
            world.send(text)
        await asyncio.sleep(10)

    world = tell(story)
    assert len(world.events("error")) > 100
    _keeps_quiet("\n".join(_errors(world)))


def test_a_client_that_stops_reading_is_no_reason_to_tell_what_it_missed() -> None:
    async def story(world: World) -> None:
        world.stop_reading()
        for _ in range(600):
            await world.speak(PHRASE)
        await asyncio.sleep(60)

    with pytest.raises(ExceptionGroup) as stalled:
        tell(story, generator=FakeGenerator([PHRASE]))
    assert isinstance(first_of(stalled.value), Exhausted)
    _keeps_quiet(repr(stalled.value.exceptions))


class _Hearing(RecognizerServicer):
    async def Recognize(self, requests: Any, context: Any) -> AsyncIterator[Any]:
        async for request in requests:
            if request.audio == PHRASE_AUDIO:
                yield pb.RecognizeResponse(speech_started=pb.SpeechStarted())
                yield pb.RecognizeResponse(partial=pb.Partial(text=PHRASE))
                yield pb.RecognizeResponse(pause=pb.Pause(text=PHRASE))
            elif request.HasField("finish"):
                yield pb.RecognizeResponse(final=pb.Final(text=PHRASE))
            elif request.audio:
                raise ValueError(PHRASE)


class _Writing(GeneratorServicer):
    async def Generate(self, request: Any, context: Any) -> AsyncIterator[Any]:
        yield generator_pb2.GenerateResponse(text=generator_pb2.TextDelta(text=PHRASE))
        raise ValueError(PHRASE)


class _Speaking(SynthesizerServicer):
    async def Synthesize(self, requests: Any, context: Any) -> AsyncIterator[Any]:
        async for _ in requests:
            yield synthesizer_pb2.SynthesizeResponse(
                audio=synthesizer_pb2.AudioChunk(audio=PHRASE_AUDIO)
            )
        raise RuntimeError(PHRASE)


@asynccontextmanager
async def _serving(tmp_path: Path) -> AsyncIterator[tuple[str, HttpHouse]]:
    """Serve all services, which fail with the phrase, from one address; and the gateway over HTTP."""
    address = f"unix:{tmp_path}/s"
    settings = ServerSettings(address=address, asr=address, llm=address, tts=address)
    engines = open_services(settings)
    maker = SessionMaker(engines, AgentSettings(instructions=PHRASE))
    server = grpc.aio.server(interceptors=[ErrorInterceptor()])
    add_RecognizerServicer_to_server(_Hearing(), server)
    add_GeneratorServicer_to_server(_Writing(), server)
    add_SynthesizerServicer_to_server(_Speaking(), server)
    async with HttpHouse.open(maker) as house:
        add_ConversationServicer_to_server(Converse(house.sessions, house.keyring), server)
        server.add_insecure_port(address)
        await server.start()
        async with asyncio.timeout(30):
            yield address, house
        await server.stop(None)
    await engines.close()


def test_over_grpc_no_service_writes_what_it_heard(tmp_path: Path) -> None:
    async def main() -> None:
        async with _serving(tmp_path) as (address, house), connect(address) as channel:
            call = ConversationStub(channel).Converse(metadata=keys.bearer(house.key))
            await call.write(conversation_pb2.ConverseRequest(event=json.dumps({"type": PHRASE})))
            await call.write(conversation_pb2.ConverseRequest(audio=PHRASE_AUDIO))
            failed = 0
            while failed < 2:  # the event of unknown type, and the reply
                response = await call.read()
                told = json.loads(response.event or "{}")
                failed += told.get("type") == "error"
                if told.get("type") == "error":
                    _keeps_quiet(response.event)
            await call.write(conversation_pb2.ConverseRequest(audio=FRAME))
            await asyncio.sleep(RETRIES_S)
            await call.done_writing()
            await _read_on(call)

    asyncio.run(main(), debug=True)


def test_over_a_websocket_nothing_is_written_either(tmp_path: Path) -> None:
    async def main() -> None:
        async with (
            _serving(tmp_path) as (_, house),
            house.socket(f"?model={quote(PHRASE)}") as socket,
        ):
            audio = base64.b64encode(PHRASE_AUDIO).decode()
            for event in (
                {"type": PHRASE},
                {"type": "input_audio_buffer.append", "audio": audio},
                {"type": "input_audio_buffer.append", "audio": base64.b64encode(FRAME).decode()},
            ):
                await socket.send(json.dumps(event))
            await asyncio.sleep(RETRIES_S)
            await socket.send(json.dumps({"type": PHRASE}))
            failed = 0
            while failed < 2:  # both events of unknown type
                text = await socket.recv()
                if json.loads(text)["type"] == "error":
                    failed += 1
                    _keeps_quiet(str(text))

    asyncio.run(main(), debug=True)


async def _read_on(call: Any) -> None:
    while await call.read() is not grpc.aio.EOF:
        pass
