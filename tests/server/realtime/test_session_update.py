from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from openai.types import realtime as oai

from antiphon.errors import InvalidInput
from server.floor.interruption import InterruptionChanges
from server.floor.silence import SilenceChanges
from server.realtime.offer import Offer
from server.realtime.session_config import FORMATS, SessionConfig, TurnDetection, initial
from server.realtime.session_update import apply
from server.realtime.tools import Tools
from server.settings import AgentSettings

AGENT = AgentSettings(voice="amy", endpoint_silence_ms=700, max_reply_tokens=99)
CONFIG = initial(AGENT)
VAD = {"type": "server_vad"}


def _applied(
    session: dict[str, Any], config: SessionConfig = CONFIG, offer: Offer | None = None
) -> SessionConfig:
    event = {"type": "session.update", "session": {"type": "realtime"} | session}
    return apply(config, oai.SessionUpdateEvent.model_validate(event), AGENT, offer or Offer())


def _hearing(**given: Any) -> dict[str, Any]:
    return {"audio": {"input": given}}


def _speaking(**given: Any) -> dict[str, Any]:
    return {"audio": {"output": given}}


@pytest.mark.parametrize(
    ("session", "changes"),
    [
        ({}, {}),
        ({"audio": {}}, {}),
        ({"instructions": ""}, {"instructions": ""}),
        ({"output_modalities": ["text"]}, {"audio_out": False}),
        ({"output_modalities": ["audio"]}, {"audio_out": True}),
        ({"max_output_tokens": 7}, {"max_reply_tokens": 7}),
        ({"max_output_tokens": "inf"}, {"max_reply_tokens": 99}),
        (_hearing(format={"type": "audio/pcmu"}), {"input_format": FORMATS["audio/pcmu"]}),
        (_hearing(format={"type": "audio/pcm", "rate": 24000}), {}),
        (_hearing(format={}), {}),
        (_hearing(transcription={"language": "de"}), {"language": "de"}),
        (_hearing(transcription={"language": ""}), {"language": ""}),
        (_hearing(transcription=None), {}),
        (_hearing(turn_detection=None), {"turn_detection": None}),
        ({"antiphon": {"events": True}}, {"extensions": True}),
        ({"antiphon": {"speculations": 1}}, {"speculations": 1}),
        ({"antiphon": {"reopen_ms": 500}}, {"reopen_ms": 500}),
        ({"antiphon": {"silence": {"reprompts": 1}}}, {"silence": SilenceChanges(reprompts=1)}),
        (
            {"antiphon": {"interruption": {"sure_words": 2}}},
            {"interruption": InterruptionChanges(sure_words=2)},
        ),
        (_speaking(format={"type": "audio/pcma"}), {"output_format": FORMATS["audio/pcma"]}),
        (_speaking(voice="joe"), {"voice": "joe", "voice_name": "joe"}),
        (_speaking(voice="alloy"), {"voice": "amy", "voice_name": "alloy"}),
        (_speaking(voice={"id": "voice_1"}), {"voice": "voice_1", "voice_name": "voice_1"}),
        ({"model": "gpt-realtime"}, {"model": "gpt-realtime"}),
        (_speaking(speed=1.5), {"speed": 1.5}),
    ],
)
def test_what_is_given_is_set_and_all_else_stays(
    session: dict[str, Any], changes: dict[str, Any]
) -> None:
    assert _applied(session) == replace(CONFIG, **changes)


@pytest.mark.parametrize(
    ("given", "detection"),
    [
        (VAD, TurnDetection("server_vad", 700)),
        (VAD | {"silence_duration_ms": 300}, TurnDetection("server_vad", 300)),
        (VAD | {"create_response": False}, TurnDetection("server_vad", 700, create_response=False)),
        (
            VAD | {"interrupt_response": False},
            TurnDetection("server_vad", 700, interrupt_response=False),
        ),
        (VAD | {"idle_timeout_ms": 5000}, TurnDetection("server_vad", 700, idle_timeout_ms=5000)),
        (
            VAD | {"idle_timeout_ms": 30_000},
            TurnDetection("server_vad", 700, idle_timeout_ms=30_000),
        ),
        (VAD | {"idle_timeout_ms": None}, TurnDetection("server_vad", 700)),
        ({"type": "semantic_vad"}, TurnDetection("semantic_vad", 700)),
        ({"type": "semantic_vad", "eagerness": "low"}, TurnDetection("semantic_vad", 700, "low")),
        (
            {"type": "semantic_vad", "create_response": False, "interrupt_response": False},
            TurnDetection("semantic_vad", 700, create_response=False, interrupt_response=False),
        ),
    ],
)
@pytest.mark.parametrize("before", [None, TurnDetection("server_vad", 123, idle_timeout_ms=9000)])
def test_turn_detection_is_set_as_a_whole(
    given: dict[str, Any], detection: TurnDetection, before: TurnDetection | None
) -> None:
    config = replace(CONFIG, turn_detection=before)
    assert _applied(_hearing(turn_detection=given), config).turn_detection == detection


def test_an_extension_stays_as_it_was_set_unless_it_is_set_again() -> None:
    config = _applied({"antiphon": {"events": True}})
    assert _applied({"instructions": "Be brief."}, config).extensions
    assert not _applied({"antiphon": {"events": False}}, config).extensions


def test_inf_tokens_are_the_agents_whatever_was_set_before() -> None:
    config = replace(CONFIG, max_reply_tokens=7)
    assert _applied({"max_output_tokens": "inf"}, config).max_reply_tokens == 99


@pytest.mark.parametrize(
    ("session", "param"),
    [
        ({"tools": [{"type": "function", "name": "a b"}]}, "session.tools.0.name"),
        ({"tool_choice": {"type": "function", "name": "look"}}, "session.tool_choice"),
        ({"max_output_tokens": 0}, "session.max_output_tokens"),
        ({"max_output_tokens": 4097}, "session.max_output_tokens"),
        ({"max_output_tokens": 10**30}, "session.max_output_tokens"),
        (
            _hearing(turn_detection=VAD | {"silence_duration_ms": 99}),
            "session.audio.input.turn_detection.silence_duration_ms",
        ),
        (
            _hearing(turn_detection=VAD | {"silence_duration_ms": 5001}),
            "session.audio.input.turn_detection.silence_duration_ms",
        ),
        (
            _hearing(turn_detection=VAD | {"idle_timeout_ms": 4999}),
            "session.audio.input.turn_detection.idle_timeout_ms",
        ),
        (
            _hearing(turn_detection=VAD | {"idle_timeout_ms": 30_001}),
            "session.audio.input.turn_detection.idle_timeout_ms",
        ),
        ({"antiphon": {"events": "yes"}}, "session.antiphon.events"),
        (
            _hearing(transcription={"language": "en-US" * 99}),
            "session.audio.input.transcription.language",
        ),
        (_speaking(speed=0.4), "session.audio.output.speed"),
        (_speaking(speed=2.1), "session.audio.output.speed"),
        (_speaking(speed=float("inf")), "session.audio.output.speed"),
    ],
)
def test_what_cannot_be_is_refused_by_name(session: dict[str, Any], param: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        _applied(session)
    assert refused.value.metadata["param"] == param
    assert refused.value.message.startswith(f"session.update: {param}: ")


SIMULATION = {"antiphon": {"simulation": {"text": "hello", "voiced_ms": 900}}}


@pytest.mark.parametrize(
    ("session", "param"),
    [
        (_speaking(voice="nobody"), "session.audio.output.voice"),
        (_speaking(voice={"id": "nobody"}), "session.audio.output.voice"),
        (SIMULATION, "session.antiphon.simulation"),
    ],
)
def test_what_the_engines_do_not_offer_is_refused_by_name(
    session: dict[str, Any], param: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        _applied(session, offer=Offer(("joe",), simulates=False))
    assert refused.value.metadata["param"] == param


@pytest.mark.parametrize("voice", ["joe", "alloy"])
def test_what_the_engines_offer_is_set(voice: str) -> None:
    config = _applied(_speaking(voice=voice) | SIMULATION, offer=Offer(("joe",), simulates=True))
    assert (config.told_voice, config.simulation) == (voice, ("hello", 900))


ECHOED = {
    "include": ["item.input_audio_transcription.logprobs"],
    "parallel_tool_calls": True,
    "prompt": {"id": "pmpt_1"},
    "reasoning": {"effort": "low"},
    "tracing": "auto",
    "truncation": {"type": "retention_ratio", "retention_ratio": 0.8},
}


def test_what_is_not_served_and_harms_nobody_is_told_back() -> None:
    heard = {
        "noise_reduction": {"type": "near_field"},
        "transcription": {"model": "whisper-1", "prompt": "names", "language": "de"},
    }
    config = _applied(ECHOED | _hearing(**heard))
    told = config.as_json("x")
    assert told.items() >= ECHOED.items()
    assert told["audio"]["input"].items() >= heard.items()
    assert _applied({"instructions": "Be brief."}, config).echo == config.echo
    assert _applied({"tracing": None}, config).as_json("x")["tracing"] is None


def test_tools_are_offered_until_others_are() -> None:
    look = {"type": "function", "name": "look"}
    config = _applied({"tools": [look], "tool_choice": {"type": "function", "name": "look"}})
    assert (config.tools.choice, config.tools.forced) == ("required", "look")
    assert _applied({"instructions": "Be brief."}, config).tools == config.tools
    assert _applied({"tools": []}, config).tools == Tools()


def test_a_session_may_become_one_of_transcription() -> None:
    heard = _hearing(transcription={"language": "de"}, turn_detection=VAD)
    config = _applied({"type": "transcription"} | heard)
    assert not config.replies
    assert config.language == "de"
    assert config.turn_detection == TurnDetection("server_vad", 700)
    assert _applied({}, config).replies


def test_both_modalities_are_speech_which_has_its_text() -> None:
    assert _applied({"output_modalities": ["text", "audio"]}).audio_out
