from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import pytest

from antiphon.errors import AntiphonError, Exhausted, Misconfigured, NotFound
from models import disk


def test_room_that_is_there_is_no_error(tmp_path: Path) -> None:
    disk.require(tmp_path, 1, "a model")


def test_room_that_is_missing_is_told_with_place_and_bytes(tmp_path: Path) -> None:
    free = shutil.disk_usage(tmp_path).free
    with pytest.raises(Exhausted) as caught:
        disk.require(tmp_path, free, "a model")
    assert f"{free + disk.RESERVE_BYTES:,} bytes are needed at {tmp_path}" in caught.value.message
    assert caught.value.reason == "DISK_FULL"


def test_a_reserve_stays_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type("Usage", (), {"free": disk.RESERVE_BYTES + 10})
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    disk.require(tmp_path, 10, "a model")
    with pytest.raises(Exhausted):
        disk.require(tmp_path, 11, "a model")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_disk_that_fills_up_is_told_the_same_way(tmp_path: Path, number: int) -> None:
    with (
        pytest.raises(Exhausted, match=r"too full for a model: 7 bytes are needed at "),
        disk.guarded(tmp_path, 7, "a model"),
    ):
        raise OSError(number, os.strerror(number))


def test_another_refusal_names_the_file(tmp_path: Path) -> None:
    with (
        pytest.raises(Misconfigured, match="a model: No such file or directory: /nowhere"),
        disk.guarded(tmp_path, 7, "a model"),
    ):
        Path("/nowhere").read_bytes()


def test_an_error_without_a_number_is_told_too(tmp_path: Path) -> None:
    with (
        pytest.raises(Misconfigured, match=f"a model: odd: {tmp_path}"),
        disk.guarded(tmp_path, 7, "a model"),
    ):
        raise OSError("odd")


def test_our_own_errors_pass(tmp_path: Path) -> None:
    error: AntiphonError = NotFound("no such thing")
    with pytest.raises(NotFound, match="no such thing"), disk.guarded(tmp_path, 7, "a model"):
        raise error
