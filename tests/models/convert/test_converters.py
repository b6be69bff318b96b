from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from antiphon.errors import AntiphonError, Misconfigured
from models.convert import converters
from models.convert.converters import CONVERTERS, DEFAULT_INTERPRETERS, Converter, run
from tests.models.shelf import write

HERE = {"main": Path(sys.executable)}


def test_every_conversion_is_a_program_in_an_environment_there_is() -> None:
    for found in CONVERTERS.values():
        assert importlib.util.find_spec(found.module)
        assert found.environment in DEFAULT_INTERPRETERS


def test_an_unknown_conversion_lists_the_known() -> None:
    with pytest.raises(Misconfigured, match="unknown conversion 'melt'; there are: gguf-to-hf, "):
        converters.converter("melt")


def test_a_conversion_runs_as_a_program_of_its_own(tmp_path: Path) -> None:
    source = write(tmp_path / "parts", {"a.part1": b"1", "a.part2": b"2"})
    target = write(tmp_path / "whole", {})
    run("join-parts", source, target, HERE)
    assert (target / "a").read_bytes() == b"12"


def test_a_conversion_that_fails_is_one_line(tmp_path: Path) -> None:
    source = write(tmp_path / "parts", {"a.part2": b"2"})
    with pytest.raises(AntiphonError) as caught:
        run("join-parts", source, tmp_path, HERE)
    assert caught.value.message.startswith(f"the conversion join-parts of {source} failed: ")
    assert "the parts of a are numbered [2]; one is missing" in caught.value.message
    assert "\n" not in caught.value.message


def test_one_that_says_nothing_tells_its_status(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = tmp_path / "python"
    silent.write_text("#!/bin/sh\nexit 3\n")
    silent.chmod(0o755)
    with pytest.raises(AntiphonError, match="failed: exit status 3"):
        run("join-parts", tmp_path, tmp_path, {"main": silent})


def test_one_that_hangs_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hung = tmp_path / "python"
    hung.write_text("#!/bin/sh\nexec sleep 60\n")
    hung.chmod(0o755)
    monkeypatch.setattr(converters, "LIMIT_S", 0.05)
    with pytest.raises(AntiphonError, match="join-parts did not end within 0 s"):
        run("join-parts", tmp_path, tmp_path, {"main": hung})


def test_a_missing_environment_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"needs the environment 'main', .*; `ops/up` makes it"):
        run("join-parts", tmp_path, tmp_path, {"main": tmp_path / "none"})


def test_conversions_reach_for_no_network_and_take_one_thread() -> None:
    environ = converters._environ()
    assert environ["HF_HUB_OFFLINE"] == "1"
    assert environ["OMP_NUM_THREADS"] == "1"


def test_a_new_version_is_another_converter() -> None:
    assert Converter("m", 1) != Converter("m", 2)
