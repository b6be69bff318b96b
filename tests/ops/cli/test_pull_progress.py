from __future__ import annotations

import io
import sys

import pytest

from ops.cli.pull_progress import shown, size_text


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_lines_where_there_is_no_terminal() -> None:
    log = io.StringIO()
    with shown(log) as progress:
        progress.start("model.bin", 2_000_000)
        progress.advance(1_000_000)
        progress.note("the line broke")
        progress.start("model.bin", 2_000_000, 1_000_000)
        progress.start("made from parts", None)
    assert log.getvalue() == (
        "model.bin, 2.0 MB\n"
        "the line broke\n"
        "model.bin, 2.0 MB, going on at 1.0 MB\n"
        "made from parts\n"
    )


def test_bars_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "160")
    screen = Terminal()
    with shown(screen) as progress:
        progress.advance(1)
        progress.start("model.bin", 2_000_000, 500_000)
        progress.advance(500_000)
        progress.note("a [line] with brackets")
        progress.start("made from parts", None)
        progress.start("model.bin again", 3)
    text = screen.getvalue()
    assert "model.bin" in text
    assert "2.0/2.0 MB" in text, "what comes next means that the step before is done"
    assert "a [line] with brackets" in text
    assert "made from parts" in text


def test_progress_goes_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert not sys.stderr.isatty()
    with shown() as progress:
        progress.note("hello")
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", "hello\n")


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [(0, "0.0 MB"), (1_550_000, "1.6 MB"), (999_900_000, "999.9 MB"), (16_060_000_000, "16.1 GB")],
)
def test_sizes_are_decimal(size_bytes: int, text: str) -> None:
    assert size_text(size_bytes) == text
