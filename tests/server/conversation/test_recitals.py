from __future__ import annotations

import pytest

from server.conversation.recitals import words_of
from server.floor.events import Recital
from server.settings import AgentSettings

AGENT = AgentSettings(
    greeting="Hello.", reprompts=("Yes?", "Still?"), farewell="Bye.", apology="Sorry."
)


@pytest.mark.parametrize(
    ("what", "nth", "words"),
    [
        (Recital.GREETING, 0, "Hello."),
        (Recital.REPROMPT, 0, "Yes?"),
        (Recital.REPROMPT, 1, "Still?"),
        (Recital.FAREWELL, 0, "Bye."),
        (Recital.APOLOGY, 0, "Sorry."),
    ],
)
def test_each_occasion_has_its_words(what: Recital, nth: int, words: str) -> None:
    assert words_of(AGENT, what, nth) == words
