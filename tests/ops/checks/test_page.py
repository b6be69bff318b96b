from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ops.checks import page
from ops.checks.outcome import passed

# Answers as npm does: `ci` notes that it ran, `run check` and `run build` do what the test laid out.
NPM = """#!/bin/sh
folder=$2; shift 2
case "$1 $2" in
    "ci "*) mkdir -p "$folder/node_modules"; echo ci >>"$folder/ran" ;;
    "run check") echo "found: $(cat "$folder/fault")"; [ ! -s "$folder/fault" ] ;;
    "run build") cp -r "$folder/source/." "$5" ;;
esac
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A page whose kept build is current, and programs that stand in for Node's."""
    programs = tmp_path / "bin"
    for name, text in (("npm", NPM), ("node", "#!/bin/sh\necho v20.19.1\n")):
        programs.mkdir(exist_ok=True)
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    for part in ("source", "dist"):
        (tmp_path / part).mkdir()
        (tmp_path / part / "index.html").write_text("<p>")
    (tmp_path / "package-lock.json").write_text("{}")
    (tmp_path / "fault").touch()
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    monkeypatch.setattr(page, "PAGE", tmp_path)
    return tmp_path


def test_a_page_that_is_built_from_its_source_passes(folder: Path) -> None:
    (folder / "dist/vad").mkdir()
    (folder / "dist/vad/model.onnx").touch()
    assert page.check() == passed()


def test_a_source_that_was_changed_alone_is_found(folder: Path) -> None:
    (folder / "source/index.html").write_text("<p>new")
    (folder / "dist/old.js").touch()
    assert page.check().output.splitlines() == [
        f"server/page/dist/{name} is not what the source gives: `npm run build` in server/page"
        for name in ("index.html", "old.js")
    ]


def test_what_the_source_s_own_check_finds_is_told(folder: Path) -> None:
    (folder / "fault").write_text("an unused name")
    outcome = page.check()
    assert outcome.failed == 1
    assert "found: an unused name" in outcome.output


def test_packages_that_cannot_be_had_are_told(folder: Path) -> None:
    (folder / "bin/npm").write_text("#!/bin/sh\necho no registry; exit 1\n")
    assert "no registry" in page.check().output


def test_without_node_it_is_skipped(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert page.check().reasons == {"Node is not installed": 1}
