"""A secret is read whole, or it is said what is wrong with its file and never what is in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from antiphon.errors import Misconfigured
from server.access.secret_file import read


def _written(folder: Path, content: bytes, mode: int = 0o400) -> Path:
    path = folder / "secret"
    path.write_bytes(content)
    path.chmod(mode)
    return path


def test_it_is_read_without_the_line_end(tmp_path: Path) -> None:
    assert read(_written(tmp_path, b"tangerine\n"), "TURN secret", "write one") == "tangerine"


@pytest.mark.parametrize(
    ("content", "mode", "words"),
    [
        (b"", 0o400, "the TURN secret file .* is empty: write one"),
        (b" \n\n", 0o400, "is empty: write one"),
        (b"tangerine", 0o440, "others may read the TURN secret file .*chmod 600"),
        (b"tangerine\xff", 0o400, "cannot read the TURN secret file .*not ASCII"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_in_one_line(
    tmp_path: Path, content: bytes, mode: int, words: str
) -> None:
    path = _written(tmp_path, content, mode)
    with pytest.raises(Misconfigured, match=words) as refused:
        read(path, "TURN secret", "write one")
    assert str(path) in refused.value.message
    assert "tangerine" not in refused.value.message
    assert "\n" not in refused.value.message


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"no TURN secret at .*: write one"):
        read(tmp_path / "absent", "TURN secret", "write one")


def test_a_folder_in_its_place_is_told(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot read the TURN secret file"):
        read(tmp_path, "TURN secret", "write one")
