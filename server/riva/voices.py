"""Which of our voices speaks for one that a Riva client names. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from antiphon.errors import InvalidInput, Unavailable
from antiphon.v1.synthesizer_pb2 import Voice
from server.riva.languages import primary


def choose(listed: Sequence[Voice], name: str, tag: str) -> Voice:
    """Return the voice called `name`, whatever its subvoice, else the first that speaks the language `tag`.

    A client's own list of names, such as Magpie's, is never the appliance's: a name is not refused. Raises
    `InvalidInput` where no voice speaks the language, whatever its region.
    """
    if not listed:
        raise Unavailable("the speech synthesis service has no voice; see `antiphon status`")
    language = primary(tag)
    speaking = [voice for voice in listed if language in ("", primary(voice.language))]
    if not speaking:
        known = ", ".join(sorted({voice.language for voice in listed}))
        raise InvalidInput(
            f"no voice speaks {language!r}; there are voices for {known}",
            reason="LANGUAGE",
            param="language_code",
        )
    named = (voice for voice in speaking if name == voice.name or name.startswith(f"{voice.name}."))
    return next(named, speaking[0])
