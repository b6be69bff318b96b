from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from models.store import State, Store
from ops.doctor import system
from ops.doctor.finding import Finding
from ops.doctor.system import SPARE_MIB, disk, machine, packages
from ops.settings import Settings


class Usage(NamedTuple):
    """As `shutil.disk_usage` returns it."""

    total: int
    used: int
    free: int


def test_it_says_where_this_is() -> None:
    assert machine().what.startswith("Linux x86_64, CPython 3.11")


def test_debians_packages_are_looked_for_where_they_are_needed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    vllm = Settings.load({"ANTIPHON_LLM__ENGINE": "vllm"})
    monkeypatch.setattr(shutil, "which", lambda _: "/usr/bin/espeak-ng")
    monkeypatch.setattr(system, "find_library", lambda _: "libnuma.so.1")
    assert [one.what for one in packages(vllm)] == [
        "libopus0 is installed",
        "espeak-ng is installed",
        "libnuma1 is installed",
    ]
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr(system, "find_library", lambda _: None)
    names = [one.mend.rpartition(" ")[2] for one in packages(vllm)]
    assert names == ["libopus0", "espeak-ng", "libnuma1"]
    simulated = Settings.load({"ANTIPHON_TTS__ENGINE": "simulated"})
    assert [one.mend.rpartition(" ")[2] for one in packages(simulated)] == ["libopus0"]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return Settings.load({"ANTIPHON_MODELS__DIR": str(tmp_path / "far/models")})


def with_free(monkeypatch: pytest.MonkeyPatch, free_mib: int) -> list[str]:
    asked: list[str] = []

    def usage(folder: Path) -> Usage:
        asked.append(str(folder))
        return Usage(0, 0, free_mib * 2**20)

    monkeypatch.setattr(shutil, "disk_usage", usage)
    return asked


def test_room_for_the_missing_models_is_looked_for_where_they_will_be(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = with_free(monkeypatch, 100)
    models, state = disk(settings)
    assert asked == [str(tmp_path)] * 2
    assert models.what == f"100 MiB free for models in {tmp_path}/far/models"
    assert state.mend == f"free {SPARE_MIB - 100} MiB there"
    assert models.mend != state.mend


def test_with_every_model_there_only_logs_need_room(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Store, "state", lambda *_: State.READY)
    with_free(monkeypatch, SPARE_MIB)
    assert not any(finding.amiss for finding in disk(settings))
    with_free(monkeypatch, SPARE_MIB - 1)
    assert [finding.mend for finding in disk(settings)] == ["free 1 MiB there"] * 2
    assert isinstance(next(disk(settings)), Finding)
