from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from io import BytesIO

import pytest

from ops.supervisor.last_will import LastWill, execute

PATIENCE_S = 60.0
Start = Callable[[], subprocess.Popen[bytes]]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts process groups that wait for ever."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", "import time; time.sleep(600)"]
        started.append(subprocess.Popen(command, start_new_session=True))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_only_groups_that_are_left_are_ended(start: Start) -> None:
    left, gone = start(), start()
    execute(BytesIO(f"+{left.pid}\n+{gone.pid}\n-{gone.pid}\n+{2**22 + 1}\n".encode()))
    assert left.wait(PATIENCE_S) == -signal.SIGKILL
    assert gone.poll() is None


def test_it_is_executed_when_the_pipe_closes(start: Start) -> None:
    left, gone = start(), start()
    will = LastWill()
    will.add(left.pid)
    will.add(gone.pid)
    will.remove(gone.pid)
    assert left.poll() is None
    will.close()
    assert left.wait(PATIENCE_S) == -signal.SIGKILL
    assert gone.poll() is None


SUPERVISE = """
import os, signal, subprocess, sys
from ops.supervisor.last_will import LastWill
command = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)"]
LastWill().add(subprocess.Popen(command, start_new_session=True).pid)
sys.stdin.readline()
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_it_outlives_its_supervisor() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SUPERVISE], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as supervisor:
        assert supervisor.stdout is not None
        assert supervisor.stdout.readline() == b"up\n"
        # What the supervisor started holds the other end of this pipe: it ends when that is gone.
        assert supervisor.communicate(b"\n", timeout=PATIENCE_S)[0] == b""


def test_a_will_that_is_gone_stops_nothing() -> None:
    will = LastWill()
    will._process.kill()
    will._process.wait()
    will.add(1)
    will.remove(1)
    will.close()
