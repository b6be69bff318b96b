"""Runs `bare.py` under vLLM's interpreter and reads its figures."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from antiphon.errors import Unavailable
from ops.settings import REPOSITORY
from ops.supervisor.last_will import LastWill
from ops.supervisor.plan import ENVIRON, THREAD_VARIABLES

MODULE = "ops.bench.language.bare"


async def engine_alone(
    python: Path, folder: Path, threads: int, limit: int | None
) -> dict[str, Any]:
    """Return the figures of vLLM without our service, by number of streams.

    Nothing of it stays behind, however this process ends: vLLM's core is a process of its own.
    """
    with TemporaryDirectory(prefix="antiphon-") as temporary:
        out = Path(temporary) / "figures.json"
        status = await _run(
            [str(python), "-m", MODULE, str(folder), str(limit or 0), str(out)], threads
        )
        if status or not out.exists():
            raise Unavailable(f"vLLM alone ended with status {status}; see its lines above")
        found: dict[str, Any] = json.loads(out.read_text())
    return found


async def _run(command: list[str], threads: int) -> int:
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=REPOSITORY,
        env={**os.environ, **ENVIRON, **dict.fromkeys(THREAD_VARIABLES, str(threads))},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=sys.stderr,
        start_new_session=True,
    )
    will = LastWill()
    will.add(process.pid)
    try:
        return await process.wait()
    finally:
        will.close()
        await process.wait()
