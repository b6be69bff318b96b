"""One service as a child process: its output is logged, its end is waited for, its group is ended."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import cast

from antiphon.errors import Misconfigured, Unavailable
from ops.supervisor.log_file import LogFile
from ops.supervisor.plan import Service

LEASH = Path(__file__).with_name("leash.py")
# What a process wrote last is read within moments of its end, unless a child of its own still writes.
LAST_OUTPUT_S = 0.5


class Child:
    """A running process; `start` makes one."""

    def __init__(self, transport: asyncio.SubprocessTransport, output: _Output) -> None:
        self._transport = transport
        self._output = output

    @classmethod
    async def start(cls, service: Service, log: LogFile) -> Child:
        """Start a service in a process group of its own, which a terminal's Ctrl-C does not reach.

        Raises `Misconfigured` where its interpreter is missing, `Unavailable` where the system has no room.
        """
        if not service.python.exists():
            raise Misconfigured(
                f"{service.name}: there is no interpreter {service.python}; run `ops/up` to make it, "
                "or set [supervisor]"
            )
        arguments = ["-I", "-S", str(LEASH), str(os.getpid()), service.module]
        try:
            transport, output = await asyncio.get_running_loop().subprocess_exec(
                lambda: _Output(log),
                str(service.python),
                *arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.STDOUT,
                env={**os.environ, **service.environ},
                start_new_session=True,
            )
        except OSError as error:  # too many processes, too many files, no memory: it may pass
            raise Unavailable(
                f"the {service.name} service cannot be started: {error.strerror}"
            ) from None
        return cls(transport, output)

    @property
    def pid(self) -> int:
        """Its process id, which is also its group's."""
        return self._transport.get_pid()

    async def wait(self) -> str:
        """Return how it ended, once it has: "exit status 1" or "killed by SIGKILL"."""
        await self._output.exited.wait()
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_OUTPUT_S):
                await self._output.closed.wait()
        return _describe(cast(int, self._transport.get_returncode()))

    async def stop(self, grace_s: float) -> bool:
        """End it and whatever it started; return whether it ended by itself within `grace_s`."""
        try:
            self._signal(signal.SIGTERM)
            async with asyncio.timeout(grace_s):
                await self._output.exited.wait()
            return True
        except TimeoutError:
            return False
        finally:
            self._kill_group()
            await self._output.exited.wait()
            self._transport.close()

    def kill(self) -> None:
        """End it at once, and whatever it started; `wait` tells how."""
        self._kill_group()

    def _signal(self, number: signal.Signals) -> None:
        if self._transport.get_returncode() is None:
            self._transport.send_signal(number)

    def _kill_group(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)


class _Output(asyncio.SubprocessProtocol):
    def __init__(self, log: LogFile) -> None:
        self._log = log
        self.exited = asyncio.Event()
        self.closed = asyncio.Event()

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        self._log.write(data)

    def process_exited(self) -> None:
        self.exited.set()

    def connection_lost(self, error: Exception | None) -> None:
        self.closed.set()


def _describe(returncode: int) -> str:
    if returncode < 0:
        return f"killed by {signal.Signals(-returncode).name}"
    return f"exit status {returncode}"
