"""Words that say "I am listening" and want nothing, and words that want the floor. Pure.

Backchannels (Yngve 1970) are what listeners say all the time: 29 of our callers' recordings are nothing
else. "Yes" is none of them here: who takes the trouble of the whole word answers or agrees to something.
"""

# ruff: noqa: RUF001 - the typographic apostrophe is meant
from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

Words = tuple[str, ...]

# A hyphen parts words, so that "uh-huh", "Uh -huh" and "uh huh" are the same.
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


def words_of(text: str) -> Words:
    """Return the words of `text`, without case and punctuation."""
    return tuple(word.replace("’", "'") for word in _WORD.findall(text.casefold()))


@dataclass(frozen=True, slots=True)
class Phrases:
    """What of a language never takes the floor, and what always does."""

    listening: frozenset[Words]
    takeover: frozenset[Words]

    def only_listens(self, words: Words) -> bool:
        """Return whether `words`, at least one, are nothing but phrases of listening."""
        return bool(words) and len(words) in self._heard_out(words)

    def takes_over(self, words: Words) -> bool:
        """Return whether `words` begin with a phrase that wants the floor, after any of listening.

        "Okay, stop" does, "the bus stop" does not.
        """
        return any(
            words[start : start + len(phrase)] == phrase
            for start in self._heard_out(words)
            for phrase in self.takeover
        )

    def _heard_out(self, words: Words) -> list[int]:
        """Return after how many of `words` there was nothing but phrases of listening."""
        ends = [0]
        for start in ends:
            for phrase in self.listening:
                end = start + len(phrase)
                if end not in ends and words[start:end] == phrase:
                    ends.append(end)
        return ends


def phrases_of(
    language: str, listening: Iterable[str] = (), takeover: Iterable[str] = ()
) -> Phrases:
    """Return the phrases of a language (ISO 639-1), with a site's own; of all languages where it is open.

    A language without a list has none but the site's own: any word then takes the floor.
    """
    known = LANGUAGES.values() if not language else [LANGUAGES.get(language, ("", ""))]
    return Phrases(
        _phrases([*listening, *(phrases for phrases, _ in known)]),
        _phrases([*takeover, *(phrases for _, phrases in known)]),
    )


def _phrases(lists: Iterable[str]) -> frozenset[Words]:
    found = (words_of(phrase) for phrases in lists for phrase in phrases.split(","))
    return frozenset(words for words in found if words)


# Of listening, and of taking over.
LANGUAGES = {
    "en": (
        "mm, mmm, mhm, hm, hmm, huh, uh, um, er, ah, aha, oh, ooh, ugh, ha, haha, okay, ok, yeah, yea, "
        "yep, yup, ya, right, alright, all right, that's right, sure, of course, exactly, absolutely, "
        "definitely, perfect, great, good, very good, nice, cool, fine, wonderful, excellent, awesome, "
        "lovely, i see, i know, really, true, wow, well, so",
        "stop, wait, hold on, hang on, no, nope, excuse me, sorry, pardon, what, one moment, one second, "
        "just a moment, just a second, listen, hey, hello, be quiet, shut up",
    ),
    "de": (
        "hm, hmm, mhm, mm, äh, ähm, ah, aha, oh, ach, ach so, achso, okay, ok, ja, jaja, jo, jep, gut, "
        "genau, richtig, klar, alles klar, stimmt, schön, super, prima, verstehe, ich verstehe, eben",
        "stopp, stop, halt, warte, warten sie, moment, einen moment, nein, nee, entschuldigung, "
        "wie bitte, was, hallo",
    ),
    "fr": (
        "hm, hmm, mm, euh, ah, oh, ouais, oui, d'accord, okay, ok, bien, très bien, bon, voilà, "
        "exactement, parfait, super, je vois, bien sûr, c'est ça, tout à fait",
        "stop, arrête, arrêtez, attends, attendez, un instant, un moment, non, pardon, excusez moi, "
        "excuse moi, quoi, comment, allô",
    ),
    "es": (
        "hm, hmm, mm, eh, ah, ajá, oh, sí, okay, ok, vale, bien, muy bien, bueno, claro, exacto, "
        "perfecto, ya, ya veo, entiendo, de acuerdo, por supuesto, genial",
        "para, pare, espera, espere, un momento, no, perdón, perdona, perdone, disculpe, qué, cómo, hola",
    ),
}
