"""How many callers are let in, who says so, and whether the engines have room for them."""

from __future__ import annotations

from collections.abc import Iterator

from ops.doctor.finding import Finding
from ops.settings import Settings
from server.capacity import capacity_file, read

TOPIC = "capacity"


def seats(settings: Settings) -> Iterator[Finding]:
    """Look at the bound of sessions, and at those of the engines beside it; the settings are valid."""
    most = settings.server.max_sessions
    yield Finding(TOPIC, f"{most} sessions at a time: {_why(settings)}")
    needed = most + settings.server.max_guests
    for setting, room in (
        ("[asr] max_streams", settings.asr.max_streams),
        ("[tts] max_calls", settings.tts.max_calls),
    ):
        if room < needed:
            yield Finding(
                TOPIC,
                f"{setting} = {room}, and {most} sessions and the guests beside them may need {needed}",
                f"set {setting} = {needed}, or lower [server] max_sessions or max_guests",
            )


def _why(settings: Settings) -> str:
    if "max_sessions" in settings.server.model_fields_set:
        return "[server] max_sessions"
    found = read(capacity_file())
    if found is None:
        return "not measured yet; `antiphon bench capacity --engines real --write` does it"
    return f"measured on {found.measured} with {found.engines} engines"
