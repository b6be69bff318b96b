"""Language tags as Riva's clients send them."""

from __future__ import annotations

import re

from antiphon.errors import InvalidInput

# BCP 47's primary subtag, with whatever script, region or variant follows: "en-US", "zh-Hans-CN".
_TAG = re.compile(r"([a-z]{2,3})([-_][a-z0-9]{2,8})*", re.IGNORECASE)
# What Riva calls a model that finds out for itself; current clients send nothing instead.
DETECTED = ("", "multi", "auto")
_SHOWN_CHARACTERS = 16  # of a tag that is none: enough to recognise it


def primary(tag: str) -> str:
    """Return the language of `tag` in lower case, such as "en" of "en-US"; empty where it is to be detected.

    Raises `InvalidInput` where `tag` is no language tag.
    """
    if tag.lower() in DETECTED:
        return ""
    found = _TAG.fullmatch(tag)
    if found is None:
        raise InvalidInput(
            f"language_code {tag[:_SHOWN_CHARACTERS]!r} is no language tag such as 'en-US'",
            reason="LANGUAGE",
            param="language_code",
        )
    return found.group(1).lower()
