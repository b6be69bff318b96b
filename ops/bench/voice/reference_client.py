"""The other end of `reference.py`."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from antiphon.errors import Unavailable
from ops.settings import REPOSITORY
from ops.supervisor.plan import ENVIRON, THREAD_VARIABLES

MODULE = "ops.bench.voice.reference"


class ReferenceClient:
    """Asks one question at a time."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def speak_ms(self, text: str) -> float:
        """Return how long Coqui's own inference of `text` took."""
        return float((await self._ask({"speak": text}))["ms"])

    async def seam_db(self, text: str) -> float:
        """Return how far below the sound the error of our chunks is."""
        return float((await self._ask({"seam": text}))["snr_db"])

    async def _ask(self, request: dict[str, str]) -> dict[str, Any]:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(request).encode() + b"\n")
        line = await self._process.stdout.readline()
        if not line:
            raise Unavailable(
                "the process that runs Coqui as it is has stopped; see its lines above"
            )
        reply: dict[str, Any] = json.loads(line)
        return reply


@asynccontextmanager
async def reference(python: Path, voice: Path) -> AsyncIterator[ReferenceClient]:
    """Run Coqui as it is, with one thread, for the length of the block."""
    process = await asyncio.create_subprocess_exec(
        *(str(python), "-m", MODULE, str(voice)),
        cwd=REPOSITORY,
        env={**os.environ, **ENVIRON, **dict.fromkeys(THREAD_VARIABLES, "1")},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield ReferenceClient(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
