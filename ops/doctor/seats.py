"""How many callers are let in, who says so, and whether the engines have room for them."""

from __future__ import annotations

from collections.abc import Iterator

from inference.llm.settings import LlmSettings
from inference.llm.simulated_engine import SLOTS
from ops.doctor.finding import Finding
from ops.settings import Settings
from server.capacity import capacity_file, read

TOPIC = "capacity"


def seats(settings: Settings) -> Iterator[Finding]:
    """Look at the bound of sessions, and at those of the engines beside it; the settings are valid."""
    most = settings.server.max_sessions
    yield Finding(TOPIC, f"{most} sessions at a time: {_why(settings)}")
    needed = most + settings.server.max_guests
    for setting, room, beside in (
        ("[asr] max_streams", settings.asr.max_streams, 0),
        ("[tts] max_calls", settings.tts.max_calls, 0),
        ("[llm] max_waiting", settings.llm.max_waiting, _slots(settings.llm)),
    ):
        if room + beside < needed:
            answered = f" beside {beside} in the engine" if beside else ""
            yield Finding(
                TOPIC,
                f"{setting} = {room}{answered}, and {most} sessions and the guests beside them may need "
                f"{needed}",
                f"set {setting} = {needed - beside}, or lower [server] max_sessions or max_guests",
            )


def _slots(llm: LlmSettings) -> int:
    """Return how many requests the language model answers at a time."""
    match llm.engine:
        case "vllm":
            return llm.vllm.max_num_seqs
        case "simulated":
            return SLOTS
        case _:
            return 1


def _why(settings: Settings) -> str:
    if "max_sessions" in settings.server.model_fields_set:
        return "[server] max_sessions"
    found = read(capacity_file())
    if found is None:
        return "not measured yet; `antiphon bench capacity --engines real --write` does it"
    return f"measured on {found.measured} with {found.engines} engines"
