"""The key's file: made once, whole, and for its owner only."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from antiphon.errors import Misconfigured
from server.access import installation_key as keys


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_key_is_made_once_and_found_again(tmp_path: Path) -> None:
    path = tmp_path / "state" / "key"
    key = keys.load_or_make(path)
    assert key.startswith(keys.KEY_PREFIX)
    assert len(key) > 40
    assert keys.load_or_make(path) == keys.load(path) == key
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_only_its_owner_may_read_it_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    path = tmp_path / "state" / "key"
    before = os.umask(umask)
    try:
        keys.load_or_make(path)
    finally:
        os.umask(before)
    assert _mode(path) == 0o600
    assert _mode(path.parent) == 0o700


def test_two_that_start_at_once_have_the_same_key(tmp_path: Path) -> None:
    path = tmp_path / "key"
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(lambda _: keys.load_or_make(path), range(64)))
    assert len(made) == 1


def test_keys_differ(tmp_path: Path) -> None:
    assert keys.load_or_make(tmp_path / "one") != keys.load_or_make(tmp_path / "other")


@pytest.mark.parametrize(
    ("text", "mode", "words"),
    [
        (b"ak_x\n", 0o640, "chmod 600"),
        (b"ak_x\n", 0o604, "chmod 600"),
        (b" \n", 0o600, "is empty"),
        ("ak_ü\n".encode(), 0o600, "cannot read"),
    ],
)
def test_a_file_that_cannot_be_used_says_what_to_do(
    tmp_path: Path, text: bytes, mode: int, words: str
) -> None:
    path = tmp_path / "key"
    path.write_bytes(text)
    path.chmod(mode)
    with pytest.raises(Misconfigured, match=words) as refused:
        keys.load_or_make(path)
    assert str(path) in refused.value.message
    assert "ak_" not in refused.value.message


def test_a_key_that_a_site_mounts_is_read_and_its_folder_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "secrets" / "key"
    path.parent.mkdir()
    path.write_text("ak_mounted\n")
    path.chmod(0o400)

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(Path, "mkdir", refuse)
    monkeypatch.setattr(tempfile, "NamedTemporaryFile", refuse)
    assert keys.load_or_make(path) == "ak_mounted"


def test_a_key_that_is_not_there_is_not_made_by_whoever_only_reads(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="made when the appliance first starts"):
        keys.load(tmp_path / "key")
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Misconfigured, match="key file"):
        keys.load_or_make(tmp_path / "file" / "deeper" / "key")


def test_a_folder_in_its_place_is_told(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot read the key file"):
        keys.load_or_make(tmp_path)


def test_a_client_shows_it_as_a_bearer_token() -> None:
    assert keys.bearer("ak_x") == (("authorization", "Bearer ak_x"),)
