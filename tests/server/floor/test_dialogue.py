"""Every hand-over of the floor, as tables; then any order of events at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.floor import events as ev
from server.floor.dialogue import Dialogue, State
from server.floor.endpointing import Evidence, FixedSilence
from server.floor.events import Action, Event
from server.floor.interruption import InterruptionSettings, Mode
from server.floor.rules import Rules
from server.floor.silence import TOOL_S

SILENCE_MS = 500.0
RULES = Rules(FixedSilence(SILENCE_MS), reprompt_ms=8000)
CONFIRM_S = RULES.interruption.confirm_ms / 1000

Step = tuple[float, Event, list[Action]]


def paused(text: str, at_s: float) -> ev.Paused:
    """Return a pause that is told 200 ms after the voice ended."""
    return ev.Paused(text, at_s - 0.2)


def play(steps: list[Step], rules: Rules = RULES, spoken: str = "") -> Dialogue:
    """Feed each event at its time and compare what it brings about."""
    dialogue = Dialogue(rules, lambda: spoken)
    for at_s, event, expected in steps:
        assert dialogue.feed(event, at_s) == expected, f"{event} at {at_s} s"
    return dialogue


SAID: list[Step] = [
    (0.0, ev.SpeechStarted(), [ev.TellSpeech()]),
    (1.2, paused("Hello there.", 1.2), [ev.Speculate("Hello there.")]),
    (1.5, ev.Tick(), [ev.Finish()]),
]
ANSWERED: list[Step] = [
    *SAID,
    (1.51, ev.Final("Hello there."), [ev.Commit("Hello there."), ev.Answer(speculated=True)]),
    (1.6, ev.ReplyAudible(), []),
]
# Over a reply, and over before anything of it is understood.
COUGHED: list[Step] = [
    (4.0, ev.SpeechStarted(), [ev.Duck()]),
    (4.3, ev.Hushed(ended_s=4.2), []),
]


HUSHED: list[Step] = [
    (0.0, ev.SpeechStarted(), [ev.TellSpeech()]),
    (1.0, ev.Hushed(0.9), []),
    (1.05, ev.Hushed(0.9, "Hello there."), [ev.Speculate("Hello there.")]),
]


def test_somebody_behind_the_caller_does_not_stop_the_reply_and_the_caller_still_does() -> None:
    own_ms = 0.0
    dialogue = Dialogue(RULES, own_ms=lambda: own_ms)
    for at_s, event, _ in ANSWERED:
        dialogue.feed(event, at_s)
    assert dialogue.feed(ev.SpeechStarted(), 4.0) == [ev.Duck()]
    assert dialogue.feed(ev.Partial("and now the news"), 4.5) == []
    assert dialogue.feed(ev.Tick(), 4.0 + CONFIRM_S) == [ev.Unduck()]
    own_ms = 400.0
    stopped = dialogue.feed(ev.Partial("and now the news no stop"), 5.5)
    assert stopped[0] == ev.Stop(ev.Why.SPEECH)


def test_a_caller_who_goes_on_softly_before_the_reply_is_heard_reopens_the_turn() -> None:
    dialogue = Dialogue(RULES, own_ms=lambda: 0.0)
    for at_s, event, _ in ANSWERED[:-1]:
        dialogue.feed(event, at_s)
    assert dialogue.feed(ev.SpeechStarted(), 1.6) == [ev.Duck()]
    stopped = dialogue.feed(ev.Partial("in Paris please"), 2.0)
    assert stopped[0] == ev.Stop(ev.Why.SPEECH, reopened=True)


def test_what_was_said_is_answered_on_trust_as_soon_as_it_is_known() -> None:
    said = ev.Final("Hello there.")
    play(
        [
            *HUSHED,
            (1.2, ev.Paused("Hello there.", 0.9), []),
            (1.4, ev.Tick(), [ev.Finish()]),
            (1.41, said, [ev.Commit("Hello there."), ev.Answer(speculated=True)]),
        ]
    )


def test_a_caller_who_goes_on_after_a_hush_takes_it_back() -> None:
    play([*HUSHED, (1.1, ev.SpeechResumed(), [ev.Discard()]), (1.3, ev.SpeechResumed(), [])])


@pytest.mark.parametrize("rules", [replace(RULES, endpointing=None), replace(RULES, answers=False)])
def test_where_nothing_is_answered_unasked_nothing_is_at_a_hush(rules: Rules) -> None:
    dialogue = Dialogue(rules)
    dialogue.feed(ev.SpeechStarted(), 0.0)
    assert dialogue.feed(ev.Hushed(0.9, "Hello there."), 1.0) == []


def test_over_a_reply_nothing_is_begun_at_a_hush() -> None:
    play([*ANSWERED, (4.0, ev.SpeechStarted(), [ev.Duck()]), (4.3, ev.Hushed(4.2, "right"), [])])


def test_a_turn_is_speculated_at_its_pause_and_committed_after_the_silence() -> None:
    dialogue = play([*ANSWERED, (4.0, ev.ReplyOver(), [])])
    assert dialogue.state is State.LISTENING


def test_nothing_is_committed_before_its_time() -> None:
    dialogue = play([*SAID[:2], (1.49, ev.Tick(), [])])
    assert dialogue.due_s == pytest.approx(1.5)


def test_a_caller_who_goes_on_takes_the_speculation_back() -> None:
    play(
        [
            *SAID[:2],
            (1.4, ev.SpeechResumed(), [ev.Discard()]),
            (1.6, ev.Tick(), []),
            (2.4, paused("Hello there. Sir.", 2.4), [ev.Speculate("Hello there. Sir.")]),
        ]
    )


def test_a_pause_that_is_told_again_is_weighed_again_without_a_second_speculation() -> None:
    dialogue = play(
        [
            *SAID[:2],
            (1.4, replace(paused("Hello there.", 1.2), probability=0.9), []),
        ]
    )
    assert dialogue.due_s == pytest.approx(1.5)


def test_a_final_that_differs_from_what_was_speculated_is_answered_anew() -> None:
    final = ev.Final("Hello there, you.")
    play([*SAID, (1.6, final, [ev.Discard(), ev.Commit(final.text), ev.Answer()])])


def test_speculations_are_bounded() -> None:
    dialogue = Dialogue(replace(RULES, speculations=2))
    dialogue.feed(ev.SpeechStarted(), 0)
    begun = 0
    for turn in range(5):
        begun += ev.Speculate(f"{turn}") in dialogue.feed(paused(f"{turn}", turn + 1), turn + 1)
        dialogue.feed(ev.SpeechResumed(), turn + 1.1)
    assert begun == 2


@pytest.mark.parametrize("rules", [replace(RULES, speculations=0), replace(RULES, answers=False)])
def test_speculation_can_be_switched_off(rules: Rules) -> None:
    play([SAID[0], (1.2, paused("Hello.", 1.2), []), (1.5, ev.Tick(), [ev.Finish()])], rules)


def test_sounds_without_words_are_no_turn() -> None:
    play(
        [
            SAID[0],
            (1.2, paused("", 1.2), []),
            (1.5, ev.Tick(), [ev.Finish()]),
            (1.6, ev.Final(""), [ev.Commit("")]),
        ]
    )


def test_what_nobody_wants_answered_is_kept() -> None:
    rules = replace(RULES, answers=False)
    play([SAID[0], (1.5, ev.Tick(), []), (1.6, ev.Final("Hello."), [ev.Commit("Hello.")])], rules)


def test_the_recognisers_own_end_of_an_utterance_is_a_turn() -> None:
    play([SAID[0], (600.0, ev.Final("Talk"), [ev.Commit("Talk"), ev.Answer()])])


# Speech over a reply


def test_speech_over_a_reply_ducks_it_and_a_real_interruption_stops_it() -> None:
    dialogue = play(
        [
            *ANSWERED,
            (4.0, ev.SpeechStarted(), [ev.Duck()]),
            (4.4, ev.Partial("no wait please"), [ev.Stop(ev.Why.SPEECH), ev.TellSpeech()]),
            (5.0, paused("No, wait, please.", 5.0), [ev.Speculate("No, wait, please.")]),
            (5.3, ev.Tick(), [ev.Finish()]),
        ]
    )
    assert dialogue.state is State.THINKING


def test_an_interruption_that_is_over_at_once_is_a_turn_too() -> None:
    play(
        [
            *ANSWERED,
            (4.0, ev.SpeechStarted(), [ev.Duck()]),
            (
                4.6,
                paused("No, stop.", 4.6),
                [ev.Stop(ev.Why.SPEECH), ev.TellSpeech(), ev.Speculate("No, stop.")],
            ),
            (4.9, ev.Tick(), [ev.Finish()]),
        ]
    )


def test_a_cough_lets_the_reply_go_on_and_is_told_to_nobody() -> None:
    dialogue = play(
        [
            *ANSWERED,
            (4.0, ev.SpeechStarted(), [ev.Duck()]),
            (4.4, paused("", 4.4), [ev.Unduck(), ev.Finish()]),
            (4.5, ev.Final(""), [ev.Drop()]),
        ]
    )
    assert dialogue.state is State.SPEAKING


def test_a_voice_that_goes_on_takes_the_floor_though_nothing_is_understood() -> None:
    bound_s = 4.0 + CONFIRM_S
    stopped: list[Action] = [ev.Stop(ev.Why.SPEECH), ev.TellSpeech()]
    play([*ANSWERED, (4.0, ev.SpeechStarted(), [ev.Duck()]), (bound_s, ev.Tick(), stopped)])
    play(
        [
            *ANSWERED,
            *COUGHED,
            (4.4, ev.SpeechResumed(), []),
            (bound_s, ev.Tick(), stopped),
        ]
    )


def test_speech_over_a_reply_counts_from_where_it_began() -> None:
    dialogue = play([*ANSWERED, (4.0, ev.SpeechStarted(began_s=3.9), [ev.Duck()])])
    assert dialogue.due_s == pytest.approx(3.9 + CONFIRM_S)


def test_doubt_ends_after_the_bound_in_the_replys_favour() -> None:
    dialogue = play([*ANSWERED, *COUGHED])
    assert dialogue.state is State.LISTENING
    due_s = dialogue.due_s
    assert due_s == pytest.approx(4.0 + CONFIRM_S)
    assert dialogue.feed(ev.Tick(), due_s or 0) == [ev.Unduck()]
    assert dialogue.due_s is None


def test_after_doubt_words_still_take_the_floor() -> None:
    play(
        [
            *ANSWERED,
            *COUGHED,
            (4.0 + CONFIRM_S, ev.Tick(), [ev.Unduck()]),
            (5.0, ev.Partial("hold on please"), [ev.Stop(ev.Why.SPEECH), ev.TellSpeech()]),
        ]
    )


def test_what_was_dropped_too_soon_is_not_lost() -> None:
    text = "Now that is wrong."
    play(
        [
            *ANSWERED,
            (4.0, ev.SpeechStarted(), [ev.Duck()]),
            (4.4, paused("", 4.4), [ev.Unduck(), ev.Finish()]),
            (
                4.6,
                ev.Final(text),
                [ev.Stop(ev.Why.SPEECH), ev.TellSpeech(), ev.Commit(text), ev.Answer()],
            ),
        ]
    )


def test_a_reply_that_ends_under_speech_leaves_the_floor_to_it() -> None:
    play(
        [
            *ANSWERED,
            *COUGHED,
            (4.0 + CONFIRM_S, ev.Tick(), [ev.Unduck()]),
            (4.9, ev.ReplyOver(), [ev.TellSpeech()]),
            (5.0, paused("Right.", 5.0), [ev.Speculate("Right.")]),
        ]
    )


def test_a_reply_that_is_over_before_its_cough_is_judged_leaves_no_trace_of_it() -> None:
    play(
        [
            *ANSWERED,
            (4.0, ev.SpeechStarted(), [ev.Duck()]),
            (4.4, paused("", 4.4), [ev.Unduck(), ev.Finish()]),
            (4.5, ev.ReplyOver(), []),
            (4.6, ev.Final(""), [ev.Drop()]),
        ]
    )


def test_without_interruptions_speech_waits_for_the_replys_end() -> None:
    rules = replace(RULES, interruption=InterruptionSettings(mode=Mode.OFF))
    play(
        [
            *ANSWERED,
            (4.0, ev.SpeechStarted(), [ev.TellSpeech()]),
            (5.0, paused("And then?", 5.0), []),
            (5.3, ev.Tick(), [ev.Finish()]),
            (5.4, ev.Final("And then?"), [ev.Commit("And then?")]),
            (6.0, ev.ReplyOver(), [ev.Answer()]),
        ],
        rules,
    )


# Reopening


def test_a_caller_who_goes_on_just_after_reopens_the_turn() -> None:
    dialogue = play(
        [
            *ANSWERED,
            (2.0, ev.SpeechStarted(), [ev.Duck()]),
            (
                2.4,
                ev.Partial("and how are"),
                [ev.Stop(ev.Why.SPEECH, reopened=True), ev.TellSpeech()],
            ),
            (3.0, paused("And how are you?", 3.0), [ev.Speculate("And how are you?")]),
        ]
    )
    assert dialogue.due_s == pytest.approx(3.3)


LAUGHED: list[Step] = [
    *ANSWERED,
    (2.0, ev.SpeechStarted(), [ev.Duck()]),
    (2.0 + CONFIRM_S, ev.Tick(), [ev.Stop(ev.Why.SPEECH, reopened=True), ev.TellSpeech()]),
    (3.0, paused("", 3.0), []),
]


def test_a_turn_that_a_laugh_reopened_is_answered_all_the_same() -> None:
    play(
        [
            *LAUGHED,
            (3.3, ev.Tick(), [ev.Finish()]),
            (3.4, ev.Final(""), [ev.Commit(""), ev.Answer()]),
            # And once more, since that reply too is as if unsaid.
            (4.0, ev.SpeechStarted(), [ev.Duck()]),
            (
                4.0 + CONFIRM_S,
                ev.Tick(),
                [ev.Stop(ev.Why.SPEECH, reopened=True), ev.TellSpeech()],
            ),
            (5.0, ev.Final(""), [ev.Commit(""), ev.Answer()]),
            (9.0, ev.ReplyOver(), []),
            # It is answered now: no other sound asks for it.
            (10.0, ev.SpeechStarted(), [ev.TellSpeech()]),
            (11.0, ev.Final(""), [ev.Commit("")]),
        ]
    )


def test_a_client_that_ends_the_laugh_itself_asks_for_the_answer_itself() -> None:
    play(
        [
            *LAUGHED,
            (3.1, ev.Committed(), [ev.Finish()]),
            (3.2, ev.Final(""), [ev.Commit("")]),
            (3.3, ev.ReplyRequested(), [ev.Answer()]),
        ]
    )


class Listens(FixedSilence):
    """Notes what it is told was said, and how long was paused."""

    texts: ClassVar[list[str]] = []
    pauses_ms: ClassVar[list[float]] = []

    def wait_ms(self, evidence: Evidence) -> float:
        self.texts.append(evidence.text)
        self.pauses_ms.append(evidence.longest_pause_ms)
        return SILENCE_MS


REOPENED: list[Step] = [
    *ANSWERED,
    (2.0, ev.SpeechStarted(), [ev.Duck()]),
    (2.4, ev.Partial("and how are"), [ev.Stop(ev.Why.SPEECH, reopened=True), ev.TellSpeech()]),
]


def test_the_policy_is_told_the_whole_of_a_reopened_turn() -> None:
    Listens.texts.clear()
    asks: Step = (3.0, paused("And how are you?", 3.0), [ev.Speculate("And how are you?")])
    play([*REOPENED, asks], replace(RULES, endpointing=Listens(SILENCE_MS)))
    assert Listens.texts == ["Hello there.", "Hello there. And how are you?"]


@pytest.mark.parametrize(
    ("resumed", "paused_ms"), [(ev.SpeechResumed(1.25), 250), (ev.SpeechResumed(), 400)]
)
def test_the_policy_is_told_how_long_the_silence_was_and_not_when_its_end_was_known(
    resumed: ev.SpeechResumed, paused_ms: float
) -> None:
    Listens.pauses_ms.clear()
    more = "Hello there. Sir."
    play(
        [
            *SAID[:2],
            (1.4, resumed, [ev.Discard()]),
            (2.4, paused(more, 2.4), [ev.Speculate(more)]),
        ],
        replace(RULES, endpointing=Listens(SILENCE_MS)),
    )
    assert Listens.pauses_ms == [0, pytest.approx(paused_ms)]


def test_a_turn_that_was_reopened_when_its_caller_left_is_over() -> None:
    Listens.texts.clear()
    play(
        [
            *REOPENED,
            (2.5, ev.Disconnected(), []),
            (9.0, ev.Connected(), []),
            (10.0, ev.SpeechStarted(), [ev.TellSpeech()]),
            (11.0, paused("Good morning.", 11.0), [ev.Speculate("Good morning.")]),
        ],
        replace(RULES, endpointing=Listens(SILENCE_MS)),
    )
    assert Listens.texts == ["Hello there.", "Good morning."]


# The client


def test_a_client_that_commits_its_own_turns_is_not_interfered_with() -> None:
    rules = replace(RULES, endpointing=None)
    play(
        [
            (0.0, ev.SpeechStarted(), []),
            (1.2, paused("Hello.", 1.2), []),
            (1.3, ev.Committed(), [ev.Finish()]),
            (1.3, ev.ReplyRequested(), []),
            (1.4, ev.Final("Hello."), [ev.Commit("Hello."), ev.Answer()]),
            (1.5, ev.ReplyAudible(), []),
            (2.0, ev.SpeechStarted(), []),
        ],
        rules,
    )


def test_a_reply_that_is_asked_for_is_given_at_once() -> None:
    play([(0.0, ev.ReplyRequested(), [ev.Answer()])])


def test_a_reply_that_is_asked_for_while_the_agent_says_something_of_its_own_follows_it() -> None:
    dialogue = play(
        [
            (0.0, ev.Connected(greets=True), [ev.Recite(ev.Recital.GREETING)]),
            (0.1, ev.ReplyAudible(), []),
            (0.2, ev.ReplyRequested(), []),
        ]
    )
    assert dialogue.reciting
    assert dialogue.feed(ev.ReplyOver(), 1.0) == [ev.Answer()]
    assert dialogue.replying
    assert not dialogue.reciting


def test_a_reply_that_was_asked_for_during_a_reprompt_is_given_though_the_caller_ends_that() -> (
    None
):
    play(
        [
            (0.0, ev.Connected(), []),
            (8.0, ev.Tick(), [ev.Recite(ev.Recital.REPROMPT, 0)]),
            (8.1, ev.ReplyRequested(), []),
            (8.2, ev.SpeechStarted(), [ev.Duck()]),
            (8.2 + CONFIRM_S, ev.Tick(), [ev.Stop(ev.Why.SPEECH), ev.TellSpeech()]),
            (9.5, ev.Final(""), [ev.Commit(""), ev.Answer()]),
        ]
    )


def test_a_commit_over_a_reply_takes_the_floor() -> None:
    play(
        [
            *ANSWERED,
            (4.0, ev.SpeechStarted(), [ev.Duck()]),
            (4.2, ev.Committed(), [ev.Stop(ev.Why.SPEECH), ev.TellSpeech(), ev.Finish()]),
            (4.3, ev.Final("No."), [ev.Commit("No.")]),
        ]
    )


def test_cancelling_gives_the_floor_back() -> None:
    dialogue = play([*ANSWERED, (2.0, ev.ReplyCancelled(), [ev.Stop(ev.Why.CLIENT)])])
    assert not dialogue.replying
    assert dialogue.feed(ev.ReplyCancelled(), 2.1) == []


def test_when_nobody_is_there_all_that_was_under_way_is_over() -> None:
    dialogue = play([*ANSWERED, (2.0, ev.Disconnected(), [ev.Stop(ev.Why.LEFT)])])
    assert (dialogue.replying, dialogue.state) == (False, State.LISTENING)
    play([*SAID[:2], (1.3, ev.Disconnected(), [ev.Discard()]), (1.6, ev.Tick(), [])])


def test_where_nobody_is_there_nobody_is_asked_to_speak() -> None:
    dialogue = play([*ANSWERED, (2.0, ev.Disconnected(), [ev.Stop(ev.Why.LEFT)])])
    assert dialogue.due_s is None
    assert dialogue.feed(ev.Connected(), 50.0) == []
    assert dialogue.due_s == pytest.approx(58)


# Silence


LEFT_ALONE: list[Step] = [
    (0.0, ev.Connected(), []),
    (8.0, ev.Tick(), [ev.Recite(ev.Recital.FAREWELL)]),
    (8.1, ev.ReplyAudible(), []),
]
HASTY = replace(RULES, reprompts=0)


def test_a_caller_who_answers_the_farewell_is_not_left() -> None:
    dialogue = play(
        [
            *LEFT_ALONE,
            (8.5, ev.SpeechStarted(), [ev.Duck()]),
            (9.0, ev.Partial("wait a moment"), [ev.Stop(ev.Why.SPEECH), ev.TellSpeech()]),
            (9.5, paused("Wait a moment.", 9.5), [ev.Speculate("Wait a moment.")]),
            (9.8, ev.Tick(), [ev.Finish()]),
            (
                9.9,
                ev.Final("Wait a moment."),
                [ev.Commit("Wait a moment."), ev.Answer(speculated=True)],
            ),
            (12.0, ev.ReplyOver(), []),
        ],
        HASTY,
    )
    assert dialogue.due_s == pytest.approx(20)


def test_a_caller_who_speaks_while_the_farewell_ends_is_heard_first() -> None:
    play(
        [
            *LEFT_ALONE,
            (9.0, ev.SpeechStarted(), [ev.TellSpeech()]),
            (9.2, ev.ReplyOver(), []),
            (9.8, paused("Wait.", 9.8), [ev.Speculate("Wait.")]),
            (10.2, ev.Tick(), [ev.Finish()]),
            (10.3, ev.Final("Wait."), [ev.Commit("Wait."), ev.Answer(speculated=True)]),
            (12.0, ev.ReplyOver(), []),
        ],
        replace(HASTY, interruption=InterruptionSettings(mode=Mode.OFF)),
    )


def test_a_caller_who_comes_back_during_the_farewell_is_not_left() -> None:
    play(
        [
            *LEFT_ALONE,
            (8.5, ev.Disconnected(), [ev.Stop(ev.Why.LEFT)]),
            (30.0, ev.Connected(), []),
            (31.0, ev.ReplyRequested(), [ev.Answer()]),
            (33.0, ev.ReplyOver(), []),
        ],
        HASTY,
    )


def test_a_client_that_asks_for_a_reply_during_the_farewell_is_answered_and_not_left() -> None:
    dialogue = play(
        [
            *LEFT_ALONE,
            (8.9, ev.ReplyRequested(), []),
            (9.0, ev.ReplyOver(), [ev.Answer()]),
            (12.0, ev.ReplyOver(), []),
        ],
        HASTY,
    )
    assert dialogue.state is State.LISTENING
    assert dialogue.due_s == pytest.approx(20)


def test_a_client_that_ends_the_farewell_is_not_left() -> None:
    dialogue = play([*LEFT_ALONE, (8.5, ev.ReplyCancelled(), [ev.Stop(ev.Why.CLIENT)])], HASTY)
    assert dialogue.state is State.LISTENING
    assert dialogue.due_s == pytest.approx(16.5)


def test_nobody_is_left_over_a_farewell_that_was_not_heard_out() -> None:
    play(
        [
            *LEFT_ALONE,
            (8.5, ev.SpeechStarted(), [ev.Duck()]),
            (8.5 + CONFIRM_S, ev.Tick(), [ev.Stop(ev.Why.SPEECH), ev.TellSpeech()]),
            (9.5, ev.Final(""), [ev.Commit("")]),
            (10.0, ev.Unheard(), [ev.Recite(ev.Recital.APOLOGY)]),
            (12.0, ev.ReplyOver(), []),
            (20.0, ev.Tick(), [ev.Recite(ev.Recital.FAREWELL)]),
            (21.0, ev.ReplyOver(), [ev.HangUp()]),
        ],
        HASTY,
    )


@pytest.mark.parametrize("event", [ev.ReplyRequested(), ev.ReplyCancelled()])
def test_a_client_that_types_or_cancels_is_there(event: Event) -> None:
    dialogue = Dialogue(RULES)
    dialogue.feed(ev.Connected(), 0)
    for _ in range(RULES.reprompts + 2):
        at_s = dialogue.due_s or 0
        assert dialogue.feed(ev.Tick(), at_s) == [ev.Recite(ev.Recital.REPROMPT, 0)]
        dialogue.feed(event, at_s + 0.5)
        while dialogue.replying:
            dialogue.feed(ev.ReplyOver(), at_s + 1)


def test_while_the_clients_tool_works_nobody_is_silent() -> None:
    owed = True
    dialogue = Dialogue(RULES, awaits=lambda: owed)
    dialogue.feed(ev.ReplyRequested(), 0.0)
    dialogue.feed(ev.ReplyOver(), 1.0)
    assert dialogue.due_s == pytest.approx(1 + TOOL_S)
    owed = False
    assert dialogue.feed(ev.CallClosed(), 26.0) == []
    assert dialogue.due_s == pytest.approx(34)


def test_a_silent_caller_is_asked_again_and_then_left() -> None:
    dialogue = Dialogue(RULES)
    assert dialogue.feed(ev.Connected(greets=True), 0) == [ev.Recite(ev.Recital.GREETING)]
    assert dialogue.due_s is None
    at_s = 1.0
    said: list[Action] = []
    dialogue.feed(ev.ReplyOver(), at_s)
    while dialogue.due_s is not None:
        assert dialogue.due_s == pytest.approx(at_s + 8)
        said += dialogue.feed(ev.Tick(), dialogue.due_s)
        at_s = dialogue.due_s or at_s + 9
        said += dialogue.feed(ev.ReplyOver(), at_s)
        if ev.HangUp() in said:
            break
        assert dialogue.state is State.LISTENING
    assert dialogue.state is State.ENDED
    assert said == [
        ev.Recite(ev.Recital.REPROMPT, 0),
        ev.Recite(ev.Recital.REPROMPT, 1),
        ev.Recite(ev.Recital.FAREWELL),
        ev.HangUp(),
    ]


def test_a_caller_who_answers_is_asked_from_the_beginning_again() -> None:
    dialogue = Dialogue(RULES)
    dialogue.feed(ev.Connected(), 0)
    assert dialogue.feed(ev.Tick(), 8) == [ev.Recite(ev.Recital.REPROMPT, 0)]
    dialogue.feed(ev.ReplyOver(), 9)
    for at_s, event, _ in ANSWERED:
        dialogue.feed(event, 10 + at_s)
    dialogue.feed(ev.ReplyOver(), 20)
    assert dialogue.feed(ev.Tick(), 28) == [ev.Recite(ev.Recital.REPROMPT, 0)]


def test_a_speaking_caller_is_not_asked() -> None:
    dialogue = Dialogue(RULES)
    dialogue.feed(ev.SpeechStarted(), 0)
    assert dialogue.due_s is None


def test_one_may_wait_for_ever() -> None:
    dialogue = Dialogue(replace(RULES, reprompt_ms=None))
    dialogue.feed(ev.Connected(), 0)
    assert dialogue.due_s is None


# Any order of events

TEXTS = st.sampled_from(["", "Mm-hm.", "Yes.", "No, wait, please.", "And then I said"])
EVENTS: st.SearchStrategy[Callable[[float], Event]] = st.one_of(
    st.just(lambda _: ev.SpeechStarted()),
    st.builds(lambda text: lambda _: ev.Partial(text), TEXTS),
    st.just(lambda at_s: ev.Hushed(at_s - 0.1)),
    st.just(lambda at_s: ev.Hushed(at_s - 0.1, "hello")),
    st.builds(lambda text: lambda at_s: ev.Paused(text, at_s - 0.2), TEXTS),
    st.just(lambda _: ev.SpeechResumed()),
    st.builds(lambda text: lambda _: ev.Final(text), TEXTS),
    st.just(lambda _: ev.ReplyAudible()),
    st.just(lambda _: ev.ReplyOver()),
    st.just(lambda _: ev.Committed()),
    st.just(lambda _: ev.ReplyRequested()),
    st.just(lambda _: ev.ReplyCancelled()),
    st.just(lambda _: ev.CallClosed()),
    st.just(lambda _: ev.Unheard()),
    st.builds(lambda ready: lambda _: ev.ReplyFailed(again=True, ready=ready), st.booleans()),
    st.just(lambda _: ev.Cleared()),
    st.just(lambda _: ev.RequestWithdrawn()),
    st.just(lambda _: ev.RulesChanged()),
    st.just(lambda _: ev.Disconnected()),
    st.builds(lambda greets: lambda _: ev.Connected(greets), st.booleans()),
)
MODES = st.sampled_from(
    [
        RULES,
        replace(RULES, endpointing=None),
        replace(RULES, answers=False),
        replace(RULES, interruption=InterruptionSettings(mode=Mode.OFF)),
        replace(RULES, interruption=InterruptionSettings(mode=Mode.VOICE)),
    ]
)


class Listener:
    """What a client and its ears would know, from the actions alone."""

    def __init__(self) -> None:
        self.speculated: str | None = None
        self.speaking = False
        self.ducked = False
        self.committed: list[str] = []
        self.dropped = 0
        self.caller_speaks = False

    def follow(self, actions: list[Action]) -> None:
        for action in actions:
            if isinstance(action, ev.Finish | ev.Commit | ev.Drop):
                self.caller_speaks = False
            match action:
                case ev.Speculate(text):
                    assert self.speculated is None, "a second speculation beside the first"
                    self.speculated = text
                case ev.Discard():
                    assert self.speculated is not None
                    self.speculated = None
                case ev.Commit(text):
                    self.committed.append(text)
                case ev.Drop():
                    self.dropped += 1
                case ev.Answer(speculated):
                    assert not self.speaking, "two replies at once"
                    assert not self.caller_speaks, "talks over the caller"
                    if speculated:
                        assert self.speculated == self.committed[-1], "plays what was cancelled"
                        self.speculated = None
                    self.speaking, self.ducked = True, False
                case ev.Recite():
                    assert not self.speaking
                    self.speaking, self.ducked = True, False
                case ev.Stop():
                    assert self.speaking, "stops what does not run"
                    self.speaking = self.ducked = False
                case ev.Duck():
                    assert self.speaking
                    self.ducked = True
                case ev.Unduck():
                    assert self.ducked, "lets go on what was not held"
                    self.ducked = False


@given(
    st.lists(st.tuples(st.floats(0.001, 3), EVENTS), max_size=40),
    MODES,
)
def test_whatever_happens(
    story: list[tuple[float, Callable[[float], Event]]], rules: Rules
) -> None:
    dialogue, listener, now_s = Dialogue(rules), Listener(), 0.0
    finals = 0
    for wait_s, make in story:
        until_s = now_s + wait_s
        now_s = _wait(dialogue, listener, now_s, until_s)
        event = make(now_s)
        if isinstance(event, ev.ReplyOver | ev.ReplyFailed) and not listener.speaking:
            continue
        if isinstance(event, ev.ReplyRequested) and dialogue.replying and not dialogue.reciting:
            continue
        finals += isinstance(event, ev.Final | ev.Cleared)
        if rules.endpointing and isinstance(event, ev.SpeechStarted | ev.Disconnected):
            listener.caller_speaks = isinstance(event, ev.SpeechStarted)
        if isinstance(event, ev.ReplyOver | ev.ReplyFailed):
            listener.speaking = listener.ducked = False
        if isinstance(event, ev.SpeechStarted) and listener.speaking and rules.endpointing:
            # The caller takes the floor: from here on the reply is held at once.
            assert rules.interruption.mode == "off" or _held(dialogue, listener, event, now_s)
            continue
        listener.follow(dialogue.feed(event, now_s))
    assert len(listener.committed) + listener.dropped == finals, "a final was lost"
    assert listener.speaking == dialogue.replying
    assert not dialogue._requested or dialogue.replying or dialogue._talks, "nobody is answered"


def _held(dialogue: Dialogue, listener: Listener, event: Event, at_s: float) -> bool:
    listener.follow(dialogue.feed(event, at_s))
    return listener.ducked


def _wait(dialogue: Dialogue, listener: Listener, now_s: float, until_s: float) -> float:
    """Let time pass, with every tick that is asked for; it asks for finitely many."""
    for _ in range(100):
        due_s = dialogue.due_s
        if due_s is None or due_s > until_s:
            return until_s
        now_s = max(due_s, now_s)
        listener.follow(dialogue.feed(ev.Tick(), now_s))
    raise AssertionError("it asks for the time without end")


def test_what_is_taken_back_was_never_said() -> None:
    dialogue = play([*SAID[:2], (1.3, ev.Cleared(), [ev.Discard(), ev.Drop()])])
    assert dialogue.due_s != pytest.approx(1.5)
    assert dialogue.feed(ev.Tick(), 2) == []


def test_taken_back_over_a_reply_the_reply_goes_on() -> None:
    dialogue = Dialogue(RULES)
    dialogue.feed(ev.ReplyRequested(), 0)
    dialogue.feed(ev.ReplyAudible(), 0.1)
    assert dialogue.feed(ev.SpeechStarted(), 1) == [ev.Duck()]
    assert dialogue.feed(ev.Cleared(), 1.1) == [ev.Unduck(), ev.Drop()]


def test_taken_back_while_its_words_are_awaited_what_was_asked_for_is_answered() -> None:
    dialogue = Dialogue(RULES)
    dialogue.feed(ev.SpeechStarted(), 0)
    assert dialogue.feed(ev.Committed(), 1) == [ev.Finish()]
    assert dialogue.feed(ev.ReplyRequested(), 1) == []
    assert dialogue.feed(ev.Cleared(), 1.1) == [ev.Drop(), ev.Answer()]


# What fails


APOLOGY = ev.Recite(ev.Recital.APOLOGY)
SAFE, AT_ONCE, HEARD = ev.ReplyFailed(again=True), ev.ReplyFailed(True, True), ev.ReplyFailed()


def test_a_reply_that_failed_unheard_is_made_again_at_once_where_it_can_be() -> None:
    again: list[Action] = [ev.Answer(again=True)]
    dialogue = play([*ANSWERED[:-1], (1.6, AT_ONCE, again), (1.7, AT_ONCE, again)])
    assert dialogue.state is State.THINKING
    # No third time.
    assert dialogue.feed(AT_ONCE, 1.8) == [APOLOGY]
    assert dialogue.feed(ev.ReplyOver(), 4.0) == []


def test_where_the_engine_is_away_the_caller_is_told_and_then_answered() -> None:
    dialogue = play(
        [
            *ANSWERED[:-1],
            (1.6, SAFE, [APOLOGY]),
            (1.7, ev.ReplyAudible(), []),
            (4.0, ev.ReplyOver(), [ev.Answer(again=True)]),
            (6.0, SAFE, [APOLOGY]),
            (8.0, ev.ReplyOver(), []),
        ]
    )
    assert dialogue.state is State.LISTENING


def test_what_was_heard_in_part_is_not_said_again() -> None:
    play([*ANSWERED, (2.0, HEARD, [APOLOGY]), (4.0, ev.ReplyOver(), [])])


def test_the_next_turn_has_all_its_tries_again() -> None:
    dialogue = play(
        [*ANSWERED[:-1], (1.6, AT_ONCE, [ev.Answer(again=True)]), (3.0, HEARD, [APOLOGY])]
    )
    dialogue.feed(ev.ReplyOver(), 5.0)
    dialogue.feed(ev.SpeechStarted(), 6.0)
    dialogue.feed(paused("And you?", 7.0), 7.0)
    dialogue.feed(ev.Tick(), 7.5)
    assert ev.Answer(speculated=True) in dialogue.feed(ev.Final("And you?"), 7.6)
    assert dialogue.feed(AT_ONCE, 7.7) == [ev.Answer(again=True)]


def test_an_apology_that_fails_is_not_apologised_for() -> None:
    play([*ANSWERED, (2.0, HEARD, [APOLOGY]), (2.1, HEARD, [])])


def test_a_client_that_asks_again_during_the_apology_is_answered_once() -> None:
    play(
        [
            *ANSWERED[:-1],
            (1.6, SAFE, [APOLOGY]),
            (2.0, ev.ReplyRequested(), []),
            (4.0, ev.ReplyOver(), [ev.Answer(again=True)]),
            (9.0, ev.ReplyOver(), []),
        ]
    )


def test_who_spoke_over_a_reprompt_that_failed_is_answered_in_its_place() -> None:
    dialogue = play(
        [
            (0.0, ev.Connected(), []),
            (8.0, ev.Tick(), [ev.Recite(ev.Recital.REPROMPT, 0)]),
            (8.1, ev.SpeechStarted(), [ev.TellSpeech()]),
            (9.0, paused("Yes.", 9.0), []),
            (9.3, ev.Tick(), [ev.Finish()]),
            (9.4, ev.Final("Yes."), [ev.Commit("Yes.")]),
            (9.5, AT_ONCE, [ev.Answer(again=True)]),
        ],
        replace(RULES, interruption=InterruptionSettings(mode=Mode.OFF)),
    )
    assert not dialogue.reciting
    assert dialogue.feed(ev.ReplyOver(), 11.0) == []


def test_who_speaks_over_the_apology_is_answered_instead() -> None:
    play(
        [
            *ANSWERED[:-1],
            (1.6, SAFE, [APOLOGY]),
            (1.7, ev.ReplyAudible(), []),
            (3.5, ev.SpeechStarted(), [ev.Duck()]),
            (4.5, ev.Partial("what is it now"), [ev.Stop(ev.Why.SPEECH), ev.TellSpeech()]),
            (5.0, ev.ReplyOver(), []),
        ]
    )


def test_a_client_that_ends_the_apology_is_not_answered_any_more() -> None:
    play(
        [
            *ANSWERED[:-1],
            (1.6, SAFE, [APOLOGY]),
            (2.0, ev.ReplyCancelled(), [ev.Stop(ev.Why.CLIENT)]),
        ]
    )


def test_who_speaks_when_a_reply_fails_is_not_spoken_to() -> None:
    play([*ANSWERED, (2.0, ev.SpeechStarted(), [ev.Duck()]), (2.1, HEARD, [ev.TellSpeech()])])


@pytest.mark.parametrize(
    "rules",
    [
        replace(RULES, apologises=False),
        replace(RULES, answers=False),
        Rules(endpointing=None),
    ],
)
def test_a_client_that_answers_by_itself_is_left_to_it(rules: Rules) -> None:
    dialogue = Dialogue(rules)
    dialogue.feed(ev.ReplyRequested(), 0.0)
    assert dialogue.feed(SAFE, 1.0) == []
    assert not dialogue.replying


def test_a_farewell_that_fails_is_one_all_the_same() -> None:
    play([*LEFT_ALONE, (8.5, HEARD, [ev.HangUp()])], HASTY)


def test_who_is_not_heard_is_told_and_answered_once_they_are() -> None:
    play(
        [
            (0.0, ev.SpeechStarted(), [ev.TellSpeech()]),
            (2.0, ev.Unheard(), [APOLOGY]),
            (2.1, ev.ReplyAudible(), []),
            (2.2, ev.Unheard(), []),
            # Heard again: it was said before the apology, and is no interruption.
            (3.0, ev.SpeechStarted(began_s=0.0), [ev.TellSpeech()]),
            (3.1, ev.Paused("Hello there.", 1.0), []),
            (3.2, ev.Tick(), [ev.Finish()]),
            (3.3, ev.Final("Hello there."), [ev.Commit("Hello there.")]),
            (4.0, ev.ReplyOver(), [ev.Answer()]),
        ]
    )


def test_who_is_not_heard_over_a_reply_is_told_after_it() -> None:
    play([*ANSWERED, (2.0, ev.Unheard(), []), (3.0, ev.ReplyOver(), [APOLOGY])])


def test_who_is_not_heard_after_they_have_stopped_a_reply_is_told_then() -> None:
    dialogue = play([*ANSWERED, (2.0, ev.SpeechStarted(), [ev.Duck()]), (2.1, ev.Unheard(), [])])
    stopped = dialogue.feed(ev.Partial(""), 2.2) + dialogue.feed(ev.Unheard(), 2.3)
    stopped += dialogue.feed(ev.Tick(), 5.0)
    assert stopped == [ev.Stop(ev.Why.SPEECH), ev.TellSpeech(), APOLOGY]


def test_what_is_heard_after_all_needs_no_apology() -> None:
    dialogue = play([*ANSWERED, (2.0, ev.Unheard(), []), (2.5, ev.SpeechStarted(), [ev.Duck()])])
    assert APOLOGY not in dialogue.feed(ev.ReplyOver(), 3.0)


def test_who_speaks_when_an_answer_is_asked_for_is_heard_out_and_answered_once() -> None:
    play(
        [
            (0.0, ev.SpeechStarted(), [ev.TellSpeech()]),
            (0.5, ev.ReplyRequested(), []),
            (1.2, ev.Paused("Hello there.", 1.0), [ev.Speculate("Hello there.")]),
            (1.5, ev.Tick(), [ev.Finish()]),
            (
                1.6,
                ev.Final("Hello there."),
                [ev.Commit("Hello there."), ev.Answer(speculated=True)],
            ),
            (2.0, ev.ReplyAudible(), []),
            (3.0, ev.ReplyOver(), []),
        ]
    )


def test_what_was_asked_for_over_a_reply_is_answered_though_the_caller_only_hummed() -> None:
    play(
        [
            *ANSWERED,
            (2.0, ev.SpeechStarted(), [ev.Duck()]),
            (2.5, ev.Paused("Mm-hm.", 2.3), [ev.Unduck(), ev.Finish()]),
            (2.6, ev.ReplyOver(), []),
            (2.7, ev.ReplyRequested(), []),
            (2.8, ev.Final("Mm-hm."), [ev.Drop(), ev.Answer()]),
        ]
    )


def test_what_waits_for_the_caller_may_be_withdrawn() -> None:
    dialogue = play([(0.0, ev.SpeechStarted(), [ev.TellSpeech()]), (0.5, ev.ReplyRequested(), [])])
    assert dialogue.feed(ev.RequestWithdrawn(), 0.6) == []
    assert dialogue.feed(ev.Cleared(), 0.7) == [ev.Drop()]


@pytest.mark.parametrize("apologises", [True, False])
def test_who_has_fallen_silent_unheard_holds_up_no_answer(apologises: bool) -> None:
    dialogue = Dialogue(replace(RULES, apologises=apologises))
    dialogue.feed(ev.SpeechStarted(), 0.0)
    dialogue.feed(ev.ReplyRequested(), 0.5)
    told = dialogue.feed(ev.Unheard(), 2.0)
    assert told == ([APOLOGY] if apologises else [ev.Answer()])
    if apologises:
        assert dialogue.feed(ev.ReplyOver(), 4.0) == [ev.Answer()]


def test_nobody_hangs_up_on_who_was_not_heard_over_the_farewell() -> None:
    play([*LEFT_ALONE, (8.2, ev.Unheard(), []), (8.5, ev.ReplyOver(), [APOLOGY])], HASTY)


def test_a_pause_that_stands_is_judged_by_new_rules() -> None:
    dialogue = Dialogue(replace(RULES, endpointing=None))
    dialogue.feed(ev.SpeechStarted(), 0.0)
    assert dialogue.feed(ev.Paused("Hello there.", 1.0), 1.2) == []
    dialogue.rules = RULES
    assert dialogue.feed(ev.RulesChanged(), 1.3) == [ev.Speculate("Hello there.")]
    assert dialogue.due_s is not None
    dialogue.rules = replace(RULES, endpointing=None)
    assert dialogue.feed(ev.RulesChanged(), 1.4) == [ev.Discard()]
    assert dialogue.due_s is None


def test_who_speaks_as_a_greeting_ends_is_heard_out_before_what_was_asked_for() -> None:
    play(
        [
            (0.0, ev.Connected(greets=True), [ev.Recite(ev.Recital.GREETING)]),
            (0.1, ev.ReplyAudible(), []),
            (0.2, ev.ReplyRequested(), []),
            (1.0, ev.SpeechStarted(), [ev.Duck()]),
            (1.1, ev.ReplyOver(), [ev.TellSpeech()]),
            (1.2, ev.Cleared(), [ev.Drop(), ev.Answer()]),
        ]
    )


def test_who_begins_to_speak_over_the_apology_interrupts_it() -> None:
    play([(0.0, ev.Unheard(), [APOLOGY]), (1.0, ev.SpeechStarted(0.9), [ev.Duck()])])


@pytest.mark.parametrize("rules", [replace(RULES, apologises=False), Rules(endpointing=None)])
def test_who_is_not_heard_is_told_only_where_the_agent_speaks_by_itself(rules: Rules) -> None:
    assert Dialogue(rules).feed(ev.Unheard(), 1.0) == []


def test_nobody_is_told_nothing() -> None:
    play([*ANSWERED, (2.0, ev.Disconnected(), [ev.Stop(ev.Why.LEFT)]), (3.0, ev.Unheard(), [])])
