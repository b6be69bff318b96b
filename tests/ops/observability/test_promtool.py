from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ops.observability import promtool
from ops.observability.rules import FOLDER

HERE = pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")


@HERE
def test_ours_pass() -> None:
    outcome = promtool.check()
    assert (outcome.passed, outcome.failed) == (3, 0), outcome.output


@HERE
@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("alerts.yml", "> 0.75", "> 0.75 or"),  # no PromQL
        ("alerts.yml", "> 3\n        labels", "> 300\n        labels"),  # does not fire
        ("alerts.yml", "> 5000", "> 1"),  # fires while all is well
        ("prometheus.yml", "scrape_timeout: 4s", "scrape_timeout: 6s"),  # longer than the interval
    ],
)
def test_what_is_wrong_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, before: str, after: str
) -> None:
    for path in FOLDER.glob("*.yml"):
        shutil.copy(path, tmp_path)
    text = (tmp_path / name).read_text()
    assert before in text
    (tmp_path / name).write_text(text.replace(before, after))
    monkeypatch.setattr(promtool, "FOLDER", tmp_path)
    assert promtool.check().failed


def test_without_promtool_it_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert promtool.check().skipped == 1
