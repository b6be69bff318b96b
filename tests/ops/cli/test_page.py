from __future__ import annotations

from pathlib import Path

import pytest

from ops.cli.main import main
from tests.ops.page_gateway import page_gateway


@pytest.fixture(autouse=True)
def key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTIPHON_SERVER__KEY_FILE", str(tmp_path / "key"))


def test_each_time_it_prints_another_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with page_gateway(tmp_path) as house:
        monkeypatch.setenv("ANTIPHON_SERVER__HTTP", house.url.removeprefix("http://"))
        assert main(["page"]) == main(["page"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(f"page: {house.url}/#token=")
    assert first != second


def test_where_no_browser_could_open_it_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ANTIPHON_SERVER__HTTP", f"unix:{tmp_path}/http")
    assert main(["page"]) == 1
    assert "which no browser opens" in capsys.readouterr().err
