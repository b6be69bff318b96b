from __future__ import annotations

from io import StringIO

import pytest

from ops.bench.progress import Progress


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_a_log_gets_a_line_a_tenth() -> None:
    stream = StringIO()
    assert list(Progress(stream).over("clips", range(100))) == list(range(100))
    lines = stream.getvalue().splitlines()
    assert lines == [f"clips: {done} of 100" for done in range(0, 101, 10)]


def test_few_items_get_a_line_each() -> None:
    stream = StringIO()
    list(Progress(stream).over("clips", "ab"))
    assert stream.getvalue() == "clips: 0 of 2\nclips: 1 of 2\nclips: 2 of 2\n"


def test_a_terminal_gets_one_line_that_moves() -> None:
    stream = Terminal()
    list(Progress(stream).count("clips", iter("ab"), 2))
    shown = stream.getvalue()
    assert shown.count("\n") == 1
    assert shown.endswith("clips: 2 of 2\n")


def test_nothing_to_do_is_told_as_done() -> None:
    stream = StringIO()
    assert list(Progress(stream).over("clips", [])) == []
    assert stream.getvalue() == "clips: 0 of 0\n"


def test_it_speaks_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    Progress().note("half of the clips")
    assert capsys.readouterr() == ("", "half of the clips\n")
