from __future__ import annotations

from server.floor import events as ev
from server.floor.rules import Rules
from server.floor.silence import TOOL_S, Silence

RULES = Rules(None, reprompt_ms=5000, reprompts=2)


def test_it_is_due_so_long_after_it_became_silent() -> None:
    silence = Silence()
    assert silence.due_s(RULES) is None
    silence.watch(10, silent=True)
    silence.watch(12, silent=True)
    assert silence.due_s(RULES) == 15
    assert silence.due_s(Rules(None)) is None


def test_whoever_speaks_breaks_it() -> None:
    silence = Silence()
    silence.watch(10, silent=True)
    silence.watch(11, silent=False)
    assert silence.due_s(RULES) is None
    silence.watch(13, silent=True)
    assert silence.due_s(RULES) == 18


def test_a_caller_who_waits_for_a_tool_is_not_silent_for_as_long_as_one_may_take() -> None:
    silence = Silence()
    silence.watch(10, silent=True)
    silence.watch(11, silent=True, awaits=True)
    silence.watch(12, silent=True, awaits=True)
    assert silence.due_s(RULES) == 11 + TOOL_S
    assert silence.due_s(Rules(None, reprompt_ms=TOOL_S * 2000)) == 11 + TOOL_S * 2
    assert silence.due_s(Rules(None)) is None
    silence.watch(40, silent=True)
    assert silence.due_s(RULES) == 45


def test_two_reprompts_then_the_farewell() -> None:
    silence = Silence()
    said = [silence.recital(RULES) for _ in range(3)]
    reprompts = [ev.Recite(ev.Recital.REPROMPT, nth) for nth in (0, 1)]
    assert said == [*reprompts, ev.Recite(ev.Recital.FAREWELL)]


def test_forgotten_it_begins_anew() -> None:
    silence = Silence()
    said = [silence.recital(RULES) for _ in range(3)]
    silence.forget()
    assert silence.recital(RULES) == said[0]
