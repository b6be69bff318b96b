"""Whatever happens is understood, and whatever is asked for is done."""

from __future__ import annotations

import inspect
from typing import Any, get_args

import pytest

from server.conversation import moderator
from server.floor import events as ev
from server.floor.dialogue import Dialogue
from server.floor.endpointing import FixedSilence
from server.floor.rules import Rules

NEEDS_WORDS = {
    ev.Hushed: ev.Hushed(0.0),
    ev.Partial: ev.Partial("hello"),
    ev.Paused: ev.Paused("hello", 0.0),
    ev.Final: ev.Final("hello"),
}


@pytest.mark.parametrize("kind", get_args(ev.Event))
def test_the_dialogue_takes_every_event(kind: type[ev.Event]) -> None:
    event: Any = NEEDS_WORDS.get(kind) or kind()  # type: ignore[call-arg]
    actions = Dialogue(Rules(FixedSilence(500))).feed(event, 0.0)
    assert all(isinstance(action, get_args(ev.Action)) for action in actions)


@pytest.mark.parametrize("kind", get_args(ev.Action))
def test_the_moderator_does_every_action(kind: type[ev.Action]) -> None:
    assert f"ev.{kind.__name__}(" in inspect.getsource(moderator.Moderator)
