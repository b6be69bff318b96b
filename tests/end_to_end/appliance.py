"""`antiphon up` as an operator runs it: a process of its own, with state, sockets and key in a folder."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil

from tests.speech import REPOSITORY

ANTIPHON = str(REPOSITORY / ".venv/bin/antiphon")
COMMAND_S = 120


def free_port() -> int:
    """Return a port of the loopback that nobody listens at now."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


class Appliance:
    """A running appliance and what it has printed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.output = ""
        self.http = f"127.0.0.1:{free_port()}"
        self._environ = {
            **os.environ,
            "XDG_RUNTIME_DIR": str(folder),
            "XDG_STATE_HOME": str(folder / "state"),
            "ANTIPHON_SERVER__ADDRESS": f"unix:{folder}/antiphon/server.sock",
            "ANTIPHON_SERVER__HTTP": self.http,
        }
        self.process = subprocess.Popen(
            [ANTIPHON, "up"],
            env=self._environ,
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def wait_until_serving(self) -> None:
        """Read what it prints, up to the last line of its start."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.output += line
            if line.startswith("Ctrl-C"):
                return
        raise AssertionError(f"the appliance did not start:\n{self.output}")

    @property
    def key(self) -> str:
        """The installation's key."""
        return (self.folder / "state/antiphon/key").read_text().strip()

    def page(self) -> str:
        """Return an address that opens the page once."""
        told = self.command("page")
        assert told.returncode == 0, told.stderr
        return told.stdout.split()[1]

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run an `antiphon` command against it."""
        return subprocess.run(
            [ANTIPHON, *arguments],
            env=self._environ,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=COMMAND_S,
            check=False,
        )

    def children(self) -> dict[str, psutil.Process]:
        """Return the service processes by the module that they run."""
        found = psutil.Process(self.process.pid).children(recursive=True)
        return {line[2]: child for child in found if (line := child.cmdline())[1:2] == ["-m"]}

    def logs(self) -> str:
        """Return all that the services have logged."""
        files = [path for path in self.folder.rglob("*.log*") if path.is_file()]
        return "\n".join(path.read_text(errors="replace") for path in files)

    def stop(self) -> int:
        """Press Ctrl-C; return the exit status."""
        self.process.send_signal(signal.SIGINT)
        rest, _ = self.process.communicate(timeout=60)
        self.output += rest
        return self.process.returncode


@contextmanager
def appliance(settings: str = "") -> Iterator[Appliance]:
    """Start an appliance with what its `antiphon.toml` says, and leave none of its processes behind."""
    # Unix socket paths are short; a temporary folder named by the environment need not be.
    with TemporaryDirectory(prefix="antiphon-", dir="/tmp") as name:
        (Path(name) / "antiphon.toml").write_text(settings)
        running = Appliance(Path(name))
        try:
            running.wait_until_serving()
            yield running
        finally:
            with running.process:  # closes its pipe
                if running.process.poll() is None:
                    running.stop()


def json_of(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """Return what a command printed with --json; fail with its errors where it did not."""
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found
