from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys

import pytest

from inference.llm import vllm_process

CHILD = """
import os, sys
from inference.llm.vllm_process import die_with_parent
die_with_parent()
print(os.getpid(), flush=True)
sys.stdin.read()
"""
# Starts CHILD, says its process id, and waits to be killed.
PARENT = f"""
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {CHILD!r}], stdout=subprocess.PIPE, stdin=subprocess.PIPE)
print(int(child.stdout.readline()), flush=True)
sys.stdin.read()
"""


def test_the_environment_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", dict(os.environ))
    vllm_process.prepare(threads=3)
    assert os.environ["OMP_NUM_THREADS"] == "3"
    assert os.environ["HF_HUB_OFFLINE"] == "1"
    assert os.environ["VLLM_NO_USAGE_STATS"] == "1"


def test_a_child_ends_with_a_parent_that_was_killed() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT], stdout=subprocess.PIPE, stdin=subprocess.PIPE
    )
    with parent:
        assert parent.stdout
        child = os.pidfd_open(int(parent.stdout.readline()))
        parent.kill()
    # A pidfd is readable once its process has ended.
    ended = subprocess.run(
        [
            sys.executable,
            "-c",
            "import select, sys; sys.exit(not select.select([0], [], [], 10)[0])",
        ],
        stdin=child,
        check=False,
    )
    os.close(child)
    assert ended.returncode == 0


class _Kernel:
    def __init__(self, result: int) -> None:
        self.result = result
        self.asked: tuple[int, int] | None = None

    def prctl(self, option: int, value: int) -> int:
        self.asked = (option, value)
        return self.result


def test_the_kernel_is_asked_for_the_surest_signal(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = _Kernel(0)
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: kernel)
    vllm_process.die_with_parent()
    assert kernel.asked == (vllm_process.PR_SET_PDEATHSIG, signal.SIGKILL)


def test_a_kernel_that_refuses_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: _Kernel(-1))
    with pytest.raises(OSError, match="prctl"):
        vllm_process.die_with_parent()


def test_a_parent_that_ended_before_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    parents = iter([100, 1])
    killed: list[tuple[int, int]] = []
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: _Kernel(0))
    monkeypatch.setattr(os, "getppid", lambda: next(parents))
    monkeypatch.setattr(os, "kill", lambda *arguments: killed.append(arguments))
    vllm_process.die_with_parent()
    assert killed == [(os.getpid(), signal.SIGKILL)]
