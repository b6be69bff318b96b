from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from models.store import State, Store
from ops import needed_models
from ops.needed_models import needed, of_profile, pull_missing
from ops.settings import Settings


@pytest.mark.parametrize(
    ("environ", "names"),
    [
        (
            {},
            [
                "silero-vad",
                "smart-turn-v3.2",
                "whisper-base",
                "smollm2-135m-instruct-ct2",
                "en-us-joe-medium",
            ],
        ),
        (
            {"ANTIPHON_LLM__ENGINE": "vllm", "ANTIPHON_ASR__END_OF_TURN": ""},
            ["silero-vad", "whisper-base", "smollm2-135m-instruct", "en-us-joe-medium"],
        ),
        (
            {f"ANTIPHON_{name}__ENGINE": "simulated" for name in ("ASR", "LLM", "TTS")},
            ["silero-vad", "smart-turn-v3.2"],
        ),
        ({"ANTIPHON_ASR__MODEL": "silero-vad"}, ["silero-vad", "smart-turn-v3.2"]),
    ],
)
def test_what_the_engines_load_is_needed(environ: dict[str, str], names: list[str]) -> None:
    assert needed(Settings.load(environ))[: len(names)] == names


def test_only_what_is_missing_is_pulled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pulled: list[Any] = []

    def pull(store: Store, names: list[str], *rest: Any) -> list[str]:
        pulled.append((store.root, names, rest[-1]))
        return [*names, "an-input"]

    ready = {"silero-vad", "whisper-base", "en-us-joe-medium"}
    monkeypatch.setattr(needed_models, "pull", pull)
    monkeypatch.setattr(
        Store, "state", lambda _, name: State.READY if name in ready else State.DAMAGED
    )
    environ = {"ANTIPHON_MODELS__DIR": str(tmp_path), "ANTIPHON_SUPERVISOR__TTS": "/tts/python"}
    settings = Settings.load(environ)
    wanted = ["smart-turn-v3.2", "smollm2-135m-instruct-ct2"]
    assert pull_missing(settings, needed(settings)) == [*wanted, "an-input"]
    root, names, interpreters = pulled[0]
    assert (root, names) == (tmp_path, wanted)
    assert interpreters["tts"] == Path("/tts/python")
    ready |= set(wanted)
    assert pull_missing(settings, needed(settings)) == []
    assert len(pulled) == 1


def test_a_profile_has_the_models_of_all_its_engines() -> None:
    names = of_profile(Settings.load({}), "cpu")
    assert {*needed(Settings.load({})), "smollm2-135m-instruct"} == set(names)
