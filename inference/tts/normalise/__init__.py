"""Text as written to words as spoken, each with the span of what was written for it.

One file a topic; each finds stretches of the text and says which words are spoken for them. An earlier
topic takes precedence over a later one, and what none has taken are plain words. English only, as are the
voices; numbers and dates as in the United States.
"""

from __future__ import annotations

from collections.abc import Iterator

from inference.tts.engine import Said, Span
from inference.tts.normalise.abbreviations import abbreviations
from inference.tts.normalise.addresses import addresses
from inference.tts.normalise.codes import codes
from inference.tts.normalise.dates import dates
from inference.tts.normalise.found import Found, Topic
from inference.tts.normalise.money import money
from inference.tts.normalise.numbers import numbers
from inference.tts.normalise.phones import phones
from inference.tts.normalise.times import times
from inference.tts.normalise.units import units
from inference.tts.normalise.words import pause, words

TOPICS: tuple[Topic, ...] = (
    addresses, dates, times, phones, money, units, codes, numbers, abbreviations,
)  # fmt: skip


def normalise(text: str, offset: int = 0, closing: str = "") -> list[Said]:
    """Return the words to speak for a clause that begins at `offset` in the call's text.

    `closing` is the mark after the last word where the text has none there. Empty where there is
    nothing to speak, such as text of emoji only. Never raises.
    """
    said: list[Said] = []
    found = list(_found(text))
    for index, each in enumerate(found):
        until = found[index + 1].start if index + 1 < len(found) else len(text)
        mark = pause(text[each.end : until])
        if until == len(text):  # an abbreviation's full stop ends the sentence, too
            mark = mark or pause(text[each.end - 1 : each.end]) or closing
        said += _say(each, offset, mark)
    return said


def _found(text: str) -> Iterator[Found]:
    """Yield in order what the topics have found, and the plain words between."""
    place = 0
    for each in _taken(text):
        yield from words(text, place, each.start)
        yield each
        place = each.end
    yield from words(text, place, len(text))


def _taken(text: str) -> list[Found]:
    free = bytearray(b"\1" * len(text))
    taken: list[Found] = []
    for topic in TOPICS:
        for each in topic(text):
            if each.parts and all(free[each.start : each.end]):
                free[each.start : each.end] = bytes(each.end - each.start)
                taken.append(each)
    return sorted(taken, key=lambda each: each.start)


def _say(found: Found, offset: int, mark: str) -> Iterator[Said]:
    for part in found.parts:
        span = Span(offset + part.start, offset + part.end)
        *before, last = part.words
        yield from (Said(word, span) for word in before)
        yield Said(last, span, mark if part is found.parts[-1] else part.mark)
