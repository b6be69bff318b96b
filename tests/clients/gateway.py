"""The gateway as it is served, for clients that others wrote: it listens truly, but makes up the words.

    python -m tests.clients.gateway

prints one line of JSON with `url`, `key` and `grpc`, then serves until SIGTERM or Ctrl-C.

Whoever speaks for more than a second is understood to say `HEARD` (over and over), so that a tool
called `get_weather` is called; whatever else is said is answered with `REPLY`, for some eight seconds.
"""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from ops.bench.services import running
from server.access.installation_key import load
from tests.end_to_end.appliance import free_port
from tests.speech import REPOSITORY

# Any four words in a row hold "get weather", wherever in the text an utterance begins.
HEARD = "get weather please"
REPLY = (
    "The day will begin with some clouds over the hills, and in the afternoon the sun comes out. Take a "
    "light coat with you, since the wind from the sea is cold in the evening."
)


@dataclass(frozen=True, slots=True)
class Gateway:
    """Where it is, such as `http://127.0.0.1:8080`, the installation's key, and the gRPC port's HOST:PORT."""

    url: str
    key: str
    grpc: str

    @property
    def socket_url(self) -> str:
        """The same place for WebSockets."""
        return f"ws{self.url.removeprefix('http')}"


@contextmanager
def gateway() -> Iterator[Gateway]:
    """Serve, in processes of its own, for the length of the block."""
    command = [sys.executable, "-m", "tests.clients.gateway"]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Gateway(**json.loads(process.stdout.readline()))
        finally:
            process.send_signal(signal.SIGTERM)


async def main() -> None:
    """Serve until told to stop."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    http, grpc = (f"127.0.0.1:{free_port()}" for _ in range(2))
    async with running("asr", "llm", "tts", "server", **_tables(http, grpc)) as services:
        told = Gateway(f"http://{http}", load(services.key_file), grpc)
        print(json.dumps(asdict(told)), flush=True)
        await stop.wait()


def _tables(http: str, grpc: str) -> dict[str, dict[str, Any]]:
    return {
        "asr": {"engine": "simulated", "simulated_text": HEARD},
        "llm": {"engine": "simulated", "simulated": {"replies": json.dumps([REPLY])}},
        "tts": {"engine": "simulated"},
        "server": {"http": http, "address": grpc},
    }


if __name__ == "__main__":
    asyncio.run(main())
