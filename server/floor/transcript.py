"""What the words of a turn say about whether it goes on. English; pure.

Whisper ends whatever it hears with a full stop, so punctuation alone says little; the last words do.
"""

from __future__ import annotations

import re

_WORD = re.compile(r"[a-z0-9']+")
_SENTENCE_ENDS = re.compile(r"[.?!]+\s+")


def words(text: str) -> list[str]:
    """Return the words of `text`, lower-case, without punctuation."""
    return _WORD.findall(text.lower().replace("\u2019", "'"))


# Nothing English ends on them, however it is asked or told.
_NEVER_LAST = frozenset(
    words(
        """a an the my your our their every and or but nor because if unless although whereas whether
        i'm i'll i'd i've we're we'll we'd we've you're you'll you've they're they'll it's it'll there's
        um umm uh uhm er erm hm hmm"""
    )
)
# Nor on these, but in a question ("Where are you from?") and in what it is answered with.
_SELDOM_LAST = frozenset(words("""of for with from into at to than"""))
# Alone in their sentence they open one.
_OPENERS = frozenset(words("""so well then also like actually anyway basically"""))

_ANSWER_WORDS = frozenset(
    words(
        """yes yeah yep yup no nope nah sure okay ok right correct exactly absolutely definitely
        certainly please thanks thank you not at all of course that's it is"""
    )
)
_ANSWERS = frozenset(
    words(
        """yes yeah yep yup no nope nah sure okay ok right correct exactly absolutely definitely
        certainly of that's"""
    )
)
LONGEST_ANSWER_WORDS = 4

_DIGIT_WORDS = frozenset(
    words("""zero oh one two three four five six seven eight nine double triple dash hyphen dot""")
)
# A date ("September 12, 1914") has two groups and six digits, a phone number more of either.
DICTATED_GROUPS = 3
DICTATED_DIGITS = 7


def is_unfinished(text: str) -> bool:
    """Return whether `text` breaks off within a clause: on a conjunction, an article, a filler, a comma."""
    said = words(text)
    if not said:
        return False
    stripped = text.rstrip()
    if stripped.endswith(("...", "\u2026", "-", "\u2014", ",")) or said[-1] in _NEVER_LAST:
        return True
    if said[-1] in _SELDOM_LAST:
        return len(said) > 1 and not stripped.endswith("?")
    last_sentence = words(_SENTENCE_ENDS.split(stripped)[-1])
    return len(last_sentence) == 1 and last_sentence[0] in _OPENERS


def is_short_answer(text: str) -> bool:
    """Return whether `text` is a yes or a no and nothing else."""
    said = words(text)
    if not said or len(said) > LONGEST_ANSWER_WORDS:
        return False
    return said[0] in _ANSWERS and _ANSWER_WORDS.issuperset(said)


def is_dictated(text: str) -> bool:
    """Return whether `text` ends in digits or letters said one by one or in groups."""
    groups = digits = 0
    for word in reversed(words(text)):
        if not (any(c.isdigit() for c in word) or len(word) == 1 or word in _DIGIT_WORDS):
            break
        groups += 1
        digits += sum(c.isdigit() for c in word)
    return groups >= DICTATED_GROUPS or digits >= DICTATED_DIGITS


def ends_in_group(text: str) -> bool:
    """Return whether the last word of `text` is a digit, a letter, or holds digits."""
    said = words(text)
    if not said:
        return False
    last = said[-1]
    return any(c.isdigit() for c in last) or len(last) == 1 or last in _DIGIT_WORDS
