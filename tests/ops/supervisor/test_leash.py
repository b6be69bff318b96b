from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from typing import Any

import pytest

from ops.supervisor import child, leash


class Calls(list[tuple[Any, ...]]):
    def prctl(self, *arguments: int) -> None:
        self.append(arguments)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    calls = Calls()
    monkeypatch.setattr(ctypes, "CDLL", lambda _: calls)
    monkeypatch.setattr(os, "execv", lambda *arguments: calls.append(arguments))
    return calls


def test_it_is_leashed_before_it_becomes_the_module(calls: Calls) -> None:
    leash.main(os.getppid(), "some.module")
    assert calls == [
        (leash.PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0),
        (sys.executable, [sys.executable, "-m", "some.module"]),
    ]


def test_it_ends_where_its_supervisor_is_gone_already(calls: Calls) -> None:
    with pytest.raises(SystemExit):
        leash.main(os.getppid() + 1, "some.module")
    assert len(calls) == 1


SUPERVISE = """
import os, subprocess, sys, time
subprocess.Popen([sys.executable, sys.argv[1], str(os.getpid()), "tests.ops.supervisor.stand_in"])
time.sleep(600)
"""


def test_the_module_dies_with_its_supervisor() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SUPERVISE, str(child.LEASH)],
        stdout=subprocess.PIPE,
        env={**os.environ, "STAND_IN": "hang"},
    ) as supervisor:
        assert supervisor.stdout is not None
        assert supervisor.stdout.readline() == b"waiting\n"
        supervisor.kill()
        # The module holds the other end of this pipe: it ends when the module is gone.
        assert supervisor.communicate(timeout=30)[0] == b""
