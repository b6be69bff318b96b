from __future__ import annotations

from pathlib import Path

import pytest

from antiphon.errors import Misconfigured
from ops.supervisor.log_file import KEPT_FILES, TAIL_LINE_BYTES, TAIL_LINES, LogFile


def test_it_appends(tmp_path: Path) -> None:
    for line in (b"one\n", b"two\n"):
        log = LogFile(tmp_path / "logs/asr.log", 100)
        log.write(line)
        log.close()
    assert (tmp_path / "logs/asr.log").read_bytes() == b"one\ntwo\n"


def test_what_it_writes_is_bounded(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "asr.log", 10)
    for number in range(100):
        log.write(b"%08d\n" % number)
    log.close()
    sizes = {path.name: path.stat().st_size for path in tmp_path.iterdir()}
    assert set(sizes) == {"asr.log", "asr.log.1", "asr.log.2"}
    assert sum(sizes.values()) <= (KEPT_FILES + 1) * (10 + 9)
    assert (tmp_path / "asr.log.1").read_bytes() == b"00000098\n00000099\n"


@pytest.mark.parametrize(
    ("pieces", "tail"),
    [
        ([], ""),
        ([b"one\ntw", b"o\n"], "one\ntwo"),
        ([b"one\n", b"half"], "one\nhalf"),
        (
            [b"line %d\n" % number for number in range(50)],
            "\n".join(f"line {n}" for n in range(35, 50)),
        ),
        ([b"x" * 2 * TAIL_LINE_BYTES], "x" * TAIL_LINE_BYTES),
        ([b"\xff\n"], "\ufffd"),
    ],
)
def test_the_tail_is_the_last_lines(tmp_path: Path, pieces: list[bytes], tail: str) -> None:
    assert TAIL_LINES == 15
    log = LogFile(tmp_path / "asr.log", 10_000)
    for piece in pieces:
        log.write(piece)
    log.close()
    assert log.tail() == tail


def test_a_full_disk_loses_the_line_and_nothing_else() -> None:
    log = LogFile(Path("/dev/full"), 100)
    log.write(b"one\n")
    log.close()
    assert log.tail() == "one"


def test_where_no_other_file_can_be_opened_the_full_one_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    log = LogFile(folder / "asr.log", 10)
    folder.rename(tmp_path / "away")
    for _ in range(3):
        log.write(b"01234567\n")
    assert (tmp_path / "away/asr.log").read_bytes() == b"01234567\n" * 3
    folder.mkdir()
    log.write(b"one\n")
    log.write(b"two\n")
    log.close()
    assert (folder / "asr.log").read_bytes() == b"two\n"


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Misconfigured, match=r"cannot write the log .*/asr.log: Not a directory"):
        LogFile(tmp_path / "file/logs/asr.log", 100)
