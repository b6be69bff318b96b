from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import pytest

from server.conversation.rules import rules_of
from server.floor.endpointing import Bounds, EndpointingChanges, Evidence
from server.floor.interruption import InterruptionChanges, Mode
from server.floor.silence import SilenceChanges
from server.realtime import session_config
from server.realtime.session_config import TurnDetection
from server.settings import AgentSettings, InterruptionTable

AGENT = AgentSettings(silent_s=12, reprompts=("Hello?",))
CONFIG = session_config.initial(AGENT)


def test_a_client_that_ends_its_own_turns_is_asked_about_its_silence_all_the_same() -> None:
    rules = rules_of(replace(CONFIG, turn_detection=None), AGENT)
    assert rules.endpointing is None
    assert (rules.reprompt_ms, rules.reprompts) == (12_000, 1)


@pytest.mark.parametrize("silence_ms", [300, 900])
def test_server_vad_waits_for_the_silence_it_was_given(silence_ms: int) -> None:
    detection = TurnDetection("server_vad", silence_ms)
    rules = rules_of(replace(CONFIG, turn_detection=detection), AGENT)
    assert rules.endpointing is not None
    for text, probability in (("yes.", 0.99), ("and then", 0.01), ("", None)):
        evidence = Evidence(text, probability, speech_ms=1000, pauses=0)
        assert rules.endpointing.wait_ms(evidence) == silence_ms


@pytest.mark.parametrize("eagerness", ["low", "medium", "high", "auto"])
def test_semantic_vad_has_a_policy_however_eager(eagerness: str) -> None:
    detection = TurnDetection("semantic_vad", 500, eagerness)
    rules = rules_of(replace(CONFIG, turn_detection=detection), AGENT)
    assert rules.endpointing is not None
    assert rules.endpointing.wait_ms(Evidence("hello", 0.5, 1000, 0)) > 0


def test_a_session_may_wait_otherwise_than_its_eagerness_says() -> None:
    changes = EndpointingChanges(open=Bounds(4000, 5000))
    evidence = Evidence("I would like a table.", 0.99, speech_ms=1000)
    usual, patient = (
        rules_of(replace(CONFIG, endpointing=asked), AGENT).endpointing
        for asked in (EndpointingChanges(), changes)
    )
    assert usual is not None
    assert patient is not None
    assert usual.wait_ms(evidence) < 1000
    assert patient.wait_ms(evidence) == 4000


@pytest.mark.parametrize("answers", [True, False])
def test_create_response_says_whether_it_answers(answers: bool) -> None:
    detection = TurnDetection("server_vad", 500, create_response=answers)
    assert rules_of(replace(CONFIG, turn_detection=detection), AGENT).answers == answers


@pytest.mark.parametrize(("interrupts", "mode"), [(True, "full"), (False, "off")])
def test_interrupt_response_says_whether_speech_takes_the_floor(
    interrupts: bool, mode: str
) -> None:
    detection = TurnDetection("server_vad", 500, interrupt_response=interrupts)
    assert rules_of(replace(CONFIG, turn_detection=detection), AGENT).interruption.mode == mode


def test_what_takes_the_floor_is_the_agents_choice_then_the_clients() -> None:
    table = InterruptionTable(mode=Mode.VOICE, confirm_ms=500, word_ms=200, takeover=("Antiphon",))
    agent = AGENT.model_copy(update={"interruption": table})
    ours = rules_of(CONFIG, agent).interruption
    assert (ours.mode, ours.confirm_ms, ours.word_ms) == (Mode.VOICE, 500, 200)
    assert ours.phrases.takes_over(("antiphon",))
    full = InterruptionChanges(Mode.FULL, wordless_ms=900)
    asked = rules_of(replace(CONFIG, interruption=full), agent).interruption
    assert (asked.mode, asked.confirm_ms, asked.wordless_ms) == (Mode.FULL, 500, 900)
    assert asked.phrases == ours.phrases
    never = TurnDetection("server_vad", 500, interrupt_response=False)
    config = replace(CONFIG, interruption=full, turn_detection=never)
    assert rules_of(config, agent).interruption.mode is Mode.OFF


@pytest.mark.parametrize(
    ("changes", "speculations", "reopen_ms"),
    [
        ({}, 3, 900),
        ({"speculations": 9, "reopen_ms": 0}, 9, 0),
        ({"speculations": 0}, 0, 900),
        ({"speculations": 9, "speculates": False}, 0, 900),
    ],
)
def test_trust_and_who_goes_on_are_the_agents_choice_then_the_clients(
    changes: dict[str, Any], speculations: int, reopen_ms: float
) -> None:
    agent = AgentSettings(speculations=3, reopen_ms=900)
    rules = rules_of(replace(CONFIG, **changes), agent)
    assert (rules.speculations, rules.reopen_ms) == (speculations, reopen_ms)


@pytest.mark.parametrize("detection", [None, CONFIG.turn_detection])
@pytest.mark.parametrize(
    ("silence", "reprompt_ms", "reprompts"),
    [
        (SilenceChanges(), 12_000, 1),
        (SilenceChanges(wait_ms=3000), 3000, 1),
        (SilenceChanges(wait_ms=0), None, 1),
        (SilenceChanges(reprompts=0), 12_000, 0),
    ],
)
def test_a_session_may_wait_for_a_silent_caller_otherwise(
    detection: TurnDetection | None,
    silence: SilenceChanges,
    reprompt_ms: float | None,
    reprompts: int,
) -> None:
    rules = rules_of(replace(CONFIG, turn_detection=detection, silence=silence), AGENT)
    assert (rules.reprompt_ms, rules.reprompts) == (reprompt_ms, reprompts)


def test_the_words_of_listening_are_those_of_the_sessions_language() -> None:
    phrases = rules_of(replace(CONFIG, language="de"), AGENT).interruption.phrases
    assert phrases.only_listens(("genau",))
    assert not phrases.only_listens(("sure",))


@pytest.mark.parametrize(
    ("idle_timeout_ms", "silent_s", "reprompt_ms", "reprompts"),
    [
        (None, 0, None, 2),
        (None, 12, 12_000, 2),
        (6000, 12, 6000, 2),
        (6000, 0, 6000, sys.maxsize),
    ],
)
def test_the_clients_idle_timeout_comes_before_the_agents_patience(
    idle_timeout_ms: int | None,
    silent_s: float,
    reprompt_ms: float | None,
    reprompts: int,
) -> None:
    detection = TurnDetection("server_vad", 500, idle_timeout_ms=idle_timeout_ms)
    agent = AgentSettings(silent_s=silent_s)
    rules = rules_of(replace(CONFIG, turn_detection=detection), agent)
    assert (rules.reprompt_ms, rules.reprompts) == (reprompt_ms, reprompts)


def test_an_agent_with_no_words_for_a_silence_still_answers_one_that_its_client_asks_for() -> None:
    detection = TurnDetection("server_vad", 500, idle_timeout_ms=6000)
    agent = AgentSettings(reprompts=(), silent_s=12)
    assert rules_of(replace(CONFIG, turn_detection=detection), agent).reprompts == 1


@pytest.mark.parametrize("detection", [None, TurnDetection("server_vad", 300)])
def test_in_a_transcription_session_the_agent_is_silent(detection: TurnDetection | None) -> None:
    rules = rules_of(replace(CONFIG, replies=False, turn_detection=detection), AGENT)
    assert not rules.answers
    assert rules.reprompt_ms is None
    assert (rules.endpointing is None) == (detection is None)
