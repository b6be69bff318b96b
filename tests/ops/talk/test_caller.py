from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest

from antiphon.audio import Int16
from antiphon.errors import NotPermitted, Unavailable
from antiphon.v1 import conversation_pb2 as pb
from ops.talk import caller
from ops.talk.caller import FRAME_SAMPLES, last_voiced_ms, talk
from ops.talk.exchange import RATE_HZ, Exchange
from tests.ops.talk.agent import ANSWER, HEARD, LET_IN, REPLY, TIMELINE, Agent, serving

MS = RATE_HZ // 1000
# 60 ms of speech between 40 ms and 240 ms of nearly nothing.
QUESTION: Int16 = np.concatenate(
    [np.full(40 * MS, 3), np.full(60 * MS, 8000), np.full(240 * MS, 5)]
).astype(np.int16)


def talked(agent: Agent, folder: Path, **options: Any) -> Exchange:
    with serving(agent, folder) as address:
        return asyncio.run(talk(address, "ak_key", QUESTION, **options))


def test_a_question_is_played_and_its_answer_heard(tmp_path: Path) -> None:
    agent = Agent(needed_bytes=(len(QUESTION) + 10 * FRAME_SAMPLES) * 2)
    events: list[dict[str, Any]] = []
    exchange = talked(agent, tmp_path, on_event=events.append)
    assert (exchange.heard, exchange.answered) == ("What is it?", "An apple.")
    assert exchange.status == "completed"
    assert exchange.timeline_ms == TIMELINE
    assert exchange.audio.tobytes() == ANSWER
    assert exchange.speech_ended_ms == 100.0
    assert exchange.voice_to_voice_ms is not None
    assert events == [LET_IN] + [item for item in REPLY if isinstance(item, dict)]
    assert agent.metadata["authorization"] == "Bearer ak_key"
    assert agent.events == []
    # A frame is sent when it is over, as a microphone would: not before its last sample was there.
    assert exchange.partials[0].at_ms >= 340 + 10 * 20 - 1
    heard = np.frombuffer(agent.heard, "<i2")
    assert np.array_equal(heard[: len(QUESTION)], QUESTION)
    # After it, its own background, and no click of digital silence.
    assert (heard[len(QUESTION) :] == 5).all()


def test_what_is_changed_in_the_session_is_told_first(tmp_path: Path) -> None:
    agent = Agent()
    talked(agent, tmp_path, language="de", instructions="Be short.")
    session = agent.events[0]["session"]
    assert session["audio"] == {"input": {"transcription": {"language": "de"}}}
    assert session["instructions"] == "Be short."


def test_a_refusal_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotPermitted, match="the key is not known here"):
        talked(Agent(refusal="the key is not known here"), tmp_path)


class Hesitant(Agent):
    """Refuses after a while, and notes what it was sent until then."""

    def Converse(self, requests: Any, context: Any) -> Iterator[pb.ConverseResponse]:
        reading = threading.Thread(target=self._note, args=(requests,))
        reading.start()
        time.sleep(0.1)
        context.abort(grpc.StatusCode.UNAUTHENTICATED, "no such key")
        yield pb.ConverseResponse()

    def _note(self, requests: Any) -> None:
        with suppress(grpc.RpcError):
            self.events.extend({"request": str(request)} for request in requests)


def test_nothing_is_sent_before_the_session_stands_since_it_could_hide_a_refusal(
    tmp_path: Path,
) -> None:
    agent = Hesitant()
    with pytest.raises(NotPermitted, match="no such key"):
        talked(agent, tmp_path, language="de")
    assert agent.events == []


def test_an_appliance_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="conversation service is not reachable"):
        asyncio.run(talk(f"unix:{tmp_path}/none.sock", "ak_key", QUESTION))


def test_an_appliance_that_hangs_up_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="ended the conversation before it answered"):
        talked(Agent(reply=(), hangs_up=True), tmp_path)


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ((), "nothing was heard in the recording: is there speech in it"),
        (REPLY[:5], "the answer broke off and did not go on for 0 s"),
        ((HEARD,), "no answer within 0 s; see `antiphon status`"),
        (({"type": "error", "error": {"message": "the voice is out"}},), "no answer: the voice"),
    ],
)
def test_an_answer_that_does_not_come_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reply: tuple[Any, ...], said: str
) -> None:
    monkeypatch.setattr(caller, "ANSWER_S", 0.3)
    with pytest.raises(Unavailable, match=said):
        talked(Agent(reply=reply), tmp_path)


def test_an_answer_stands_though_noise_keeps_the_appliance_listening(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(caller, "ANSWER_S", 0.3)
    started = {"type": "input_audio_buffer.speech_started"}
    exchange = talked(Agent(reply=(*REPLY, started)), tmp_path)
    assert exchange.answered == "An apple."


def test_a_question_of_two_utterances_is_answered_once_both_were_heard(tmp_path: Path) -> None:
    started = {"type": "input_audio_buffer.speech_started"}
    more = {**HEARD, "transcript": "And why?"}
    agent = Agent(reply=(started, *REPLY, started, more, *REPLY[2:]))
    exchange = talked(agent, tmp_path)
    assert exchange.heard == "What is it? And why?"
    assert exchange.answered == "An apple."


@pytest.mark.parametrize(
    ("samples", "ended_ms"),
    [
        (QUESTION, 100.0),
        (QUESTION[: 90 * MS], 90.0),
        (np.zeros(0, np.int16), 0.0),
        (np.full(5 * MS, 900, np.int16), 0.0),
    ],
)
def test_speech_ends_with_its_last_loud_window(samples: Int16, ended_ms: float) -> None:
    assert last_voiced_ms(samples) == ended_ms


def test_the_background_is_the_quietest_200_ms() -> None:
    noisy = np.full(RATE_HZ, 900, np.int16)
    noisy[RATE_HZ // 2 : RATE_HZ // 2 + RATE_HZ // 5] = 7
    assert (caller._background(noisy) == 7).all()
    # A clip cut to its words has none: a piece of a word would go on speaking.
    words = np.concatenate([np.full(200 * MS, 9000), np.full(100 * MS, 20)]).astype(np.int16)
    assert caller._background(words).max() <= 90
    # As would the last of one, however little of the 200 ms it fills.
    fading = np.concatenate([np.full(400 * MS, 9000), np.full(10 * MS, 900), np.full(190 * MS, 1)])
    assert caller._background(fading.astype(np.int16)).max() <= 9
    short = caller._background(QUESTION[: 100 * MS])
    assert short.tolist() == [0] * (RATE_HZ // 5)


def test_frames_go_on_seamlessly_after_the_question() -> None:
    question = np.arange(700, dtype=np.int16)
    background = np.arange(1000, 1600, dtype=np.int16)
    frames = [caller._frame(question, background, at) for at in range(0, 1920, FRAME_SAMPLES)]
    expected = np.concatenate([question, background, background, background])
    assert np.array_equal(np.concatenate(frames), expected[:1920])
