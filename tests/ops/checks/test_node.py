from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ops.checks import node
from ops.checks.outcome import passed

NPM = """#!/bin/sh
[ "$1" = --prefix ] && mkdir -p "$2/node_modules" && echo "$3" >>"$2/ran"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a lock, and programs that stand in for Node's."""
    (tmp_path / "bin").mkdir()
    _program(tmp_path / "bin/npm", NPM)
    _program(tmp_path / "bin/node", "#!/bin/sh\necho v20.19.1\n")
    (tmp_path / "package-lock.json").write_text("{}")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    return tmp_path


def _program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def test_packages_are_installed_once_for_each_lock(folder: Path) -> None:
    for lock in ("{}", "{}", "{ }"):
        (folder / "package-lock.json").write_text(lock)
        assert node.packages(folder) == passed()
    assert (folder / "ran").read_text() == "ci\nci\n"


def test_packages_that_cannot_be_had_are_told_and_asked_for_again(folder: Path) -> None:
    _program(folder / "bin/npm", "#!/bin/sh\necho no registry; exit 1\n")
    for _ in range(2):
        assert "no registry" in node.packages(folder).output


def test_without_node_it_is_skipped(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert node.packages(folder).reasons == {"Node is not installed": 1}


def test_with_an_old_node_it_is_skipped(folder: Path) -> None:
    _program(folder / "bin/node", "#!/bin/sh\necho v18.20.4\n")
    assert node.packages(folder).reasons == {"needs Node 20.19, and this is 18.20": 1}
