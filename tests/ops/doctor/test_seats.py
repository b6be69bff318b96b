"""What the doctor says of the number of sessions."""

from __future__ import annotations

from pathlib import Path

import pytest

from inference.llm.simulated_engine import SLOTS
from ops.doctor.finding import Finding
from ops.doctor.seats import seats
from ops.settings import Settings
from server.capacity import Capacity, capacity_file, write


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


def _found(**environ: str) -> list[Finding]:
    settings = {f"ANTIPHON_{name}": value for name, value in environ.items()}
    return list(seats(Settings.load(settings)))


def test_it_says_who_says_so() -> None:
    (unmeasured,) = _found()
    assert unmeasured.what.startswith("16 sessions at a time: not measured yet")
    assert not unmeasured.amiss
    measured = Capacity(
        sessions=12, p95_ms=1, bound_ms=2, engines="real", cpu="a", measured="2026-01-31"
    )
    write(measured, capacity_file())
    (found,) = _found()
    assert found.what == "12 sessions at a time: measured on 2026-01-31 with real engines"
    (found,) = _found(SERVER__MAX_SESSIONS="3")
    assert found.what == "3 sessions at a time: [server] max_sessions"


def test_engines_without_room_for_them_are_amiss() -> None:
    most = {"SERVER__MAX_SESSIONS": "40", "SERVER__MAX_GUESTS": "2", "LLM__MAX_WAITING": "41"}
    _, asr = _found(**most, ASR__MAX_STREAMS="41", TTS__MAX_CALLS="42")
    assert asr.what == (
        "[asr] max_streams = 41, and 40 sessions and the guests beside them may need 42"
    )
    assert asr.mend.startswith("set [asr] max_streams = 42, or lower")
    _, tts = _found(**most, ASR__MAX_STREAMS="42", TTS__MAX_CALLS="2")
    assert tts.mend.startswith("set [tts] max_calls = 42, or lower")
    assert len(_found(**most)) == 1


def test_room_at_the_language_model_is_what_waits_and_what_is_answered() -> None:
    most = {"SERVER__MAX_SESSIONS": "300", "SERVER__MAX_GUESTS": "8", "TTS__MAX_CALLS": "308"}
    most["ASR__MAX_STREAMS"] = "308"
    for engine, slots in (("ctranslate2", 1), ("vllm", 32), ("simulated", SLOTS)):
        model = {"LLM__ENGINE": engine, "LLM__VLLM__MAX_NUM_SEQS": "32"}
        _, amiss = _found(**most, **model, LLM__MAX_WAITING=str(307 - slots))
        assert amiss.what == (
            f"[llm] max_waiting = {307 - slots} beside {slots} in the engine, and 300 sessions and the "
            "guests beside them may need 308"
        )
        assert amiss.mend.startswith(f"set [llm] max_waiting = {308 - slots}, or lower")
        (_,) = _found(**most, **model, LLM__MAX_WAITING=str(308 - slots))
