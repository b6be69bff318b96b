"""The secrets of the compose file: made once, each for the user of its container only."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest
import yaml

from ops.settings import REPOSITORY

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="gives files to other users")


def run(folder: Path) -> subprocess.CompletedProcess[str]:
    program = [REPOSITORY / "ops/secrets", folder]
    return subprocess.run(program, capture_output=True, text=True, check=False)


@needs_root
def test_each_is_made_once_for_its_container(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    assert run(folder).returncode == 0
    compose = yaml.safe_load((REPOSITORY / "docker-compose.gpu.yml").read_text())
    made = {path.name: path for path in folder.iterdir() if path.is_file()}
    assert made.keys() == compose["secrets"].keys()
    for path in made.values():
        assert stat.S_IMODE(path.stat().st_mode) == 0o400
        assert len(path.read_text().strip()) > 40
    assert made["antiphon_key"].stat().st_uid == made["turn_secret"].stat().st_uid == 10_001
    assert made["grafana_password"].stat().st_uid == 472
    before = {name: path.read_text() for name, path in made.items()}
    assert len(set(before.values())) == 3
    assert "kept" in run(folder).stdout
    assert {name: path.read_text() for name, path in made.items()} == before


@needs_root
def test_an_empty_one_is_told_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "turn_secret").write_text("")
    done = run(tmp_path)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "turn_secret is empty: delete it and run" in done.stderr
    assert (tmp_path / "turn_secret").read_text() == ""
