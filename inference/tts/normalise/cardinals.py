"""Numbers in English words: cardinals, ordinals, years. No text is read here."""

# ruff: noqa: SIM905 - word lists read best as text
from __future__ import annotations

from inference.tts.normalise.spelling import DIGITS, digit

_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_SCALES = ["", "thousand", "million", "billion", "trillion", "quadrillion"]
# Longer ones are read digit by digit: nobody follows "quintillion".
MAX_DIGITS = 3 * len(_SCALES)
_ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth",
    "nine": "ninth", "twelve": "twelfth",
}  # fmt: skip


def cardinal(number: int) -> list[str]:
    """Return "forty two" for 42, as a list of words; one of over `MAX_DIGITS` digits is read by digits."""
    if number < 0:
        return ["minus", *cardinal(-number)]
    if number >= 10**MAX_DIGITS:
        return digits(str(number))
    if number == 0:
        return ["zero"]
    words: list[str] = []
    for scale in reversed(range(len(_SCALES))):
        group = number // 1000**scale % 1000
        if group:
            words += _hundreds(group)
            words += [_SCALES[scale]] if scale else []
    return words


def ordinal(number: int) -> list[str]:
    """Return "forty second" for 42."""
    *words, last = cardinal(number)
    if last in _ORDINALS:
        return [*words, _ORDINALS[last]]
    return [*words, f"{last[:-1]}ieth" if last.endswith("y") else f"{last}th"]


def year(number: int) -> list[str]:
    """Return "nineteen eighty four" for 1984, "two thousand five" for 2005."""
    century, rest = divmod(number, 100)
    if not 1100 <= number <= 2099 or 2000 <= number < 2010:
        return cardinal(number)
    if rest == 0:
        return [*cardinal(century), "hundred"]
    return [*cardinal(century), *(["oh"] if rest < 10 else []), *cardinal(rest)]


def digits(text: str) -> list[str]:
    """Return the words of a row of digits, one by one; other characters are passed over."""
    return [digit(character) for character in text if character.isdecimal()]


def integer(text: str) -> list[str]:
    """Return the words for digits as they are written, separators allowed."""
    plain = "".join(character for character in text if character.isdecimal())
    if len(plain) > MAX_DIGITS or (len(plain) > 1 and plain.startswith("0")):
        return digits(plain)
    return cardinal(int(plain))


def decimal(text: str) -> list[str]:
    """Return "three point five" for "3.5", and the integer's words where there is no point."""
    before, _, after = text.partition(".")
    words = integer(before) if before else ["zero"]
    return [*words, "point", *digits(after)] if after else words


def _hundreds(number: int) -> list[str]:
    hundreds, rest = divmod(number, 100)
    words = [DIGITS[hundreds], "hundred"] if hundreds else []
    if rest == 0:
        return words
    if rest < 10:
        return [*words, DIGITS[rest]]
    if rest < 20:
        return [*words, _TEENS[rest - 10]]
    tens, ones = divmod(rest, 10)
    return [*words, _TENS[tens - 2], *([DIGITS[ones]] if ones else [])]
