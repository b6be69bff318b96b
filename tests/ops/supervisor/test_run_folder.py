from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from antiphon.errors import Misconfigured
from ops.supervisor import run_folder
from ops.supervisor.run_folder import (
    LOCK,
    PATIENCE_S,
    STATE,
    ServiceState,
    hold,
    holder,
    read_states,
    write_states,
)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_it_is_for_its_owner_only(tmp_path: Path) -> None:
    with hold(tmp_path / "a/run"):
        assert mode(tmp_path / "a/run") == 0o700
    open_folder = tmp_path / "open"
    open_folder.mkdir(mode=0o755)
    with hold(open_folder):
        assert mode(open_folder) == 0o700


def test_a_second_supervisor_is_refused_until_the_first_has_gone(tmp_path: Path) -> None:
    with hold(tmp_path):
        assert holder(tmp_path) == os.getpid()
        with pytest.raises(Misconfigured) as told, hold(tmp_path):
            pass
        assert told.value.message == (
            f"an appliance already runs in {tmp_path} (process {os.getpid()}); "
            "`antiphon status` shows it, Ctrl-C stops it"
        )
    assert holder(tmp_path) is None
    with hold(tmp_path):
        pass


def test_who_only_asks_for_the_holder_keeps_no_supervisor_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (tmp_path / LOCK).open("w") as asking:
        fcntl.flock(asking, fcntl.LOCK_SH)
        monkeypatch.setattr(run_folder, "sleep", lambda _: fcntl.flock(asking, fcntl.LOCK_UN))
        with hold(tmp_path):
            assert holder(tmp_path) == os.getpid()


def test_a_supervisor_is_waited_for_no_longer_than_a_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s = 0.0

    def sleep(seconds: float) -> None:
        nonlocal now_s
        now_s += seconds
        assert now_s < 2 * PATIENCE_S

    monkeypatch.setattr(run_folder, "monotonic", lambda: now_s)
    monkeypatch.setattr(run_folder, "sleep", sleep)
    with hold(tmp_path), pytest.raises(Misconfigured, match="already runs"), hold(tmp_path):
        pass
    assert now_s >= PATIENCE_S


def test_nobody_holds_a_folder_that_was_never_held(tmp_path: Path) -> None:
    assert holder(tmp_path) is None


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(Misconfigured, match=r"cannot make the run folder .*: Not a directory"),
        hold(tmp_path / "file/run"),
    ):
        pass


def test_another_users_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(Misconfigured, match="is another user's"), hold(tmp_path):
        pass


def test_states_are_told_while_it_is_held(tmp_path: Path) -> None:
    states = {"asr": ServiceState("ready", 7, "unix:/a"), "tts": ServiceState("starting", 0, "h:1")}
    assert read_states(tmp_path) == {}
    with hold(tmp_path):
        write_states(tmp_path, states)
        assert read_states(tmp_path) == states
    assert read_states(tmp_path) == {}
    assert not (tmp_path / STATE).exists()
