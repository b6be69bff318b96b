"""The process that answers calls on one core: `python -m ops.bench.media.answerer KIND CORE SPEECH`.

Orders come as lines of JSON, and each is answered with one: `{"offer": SDP}` with `{"answer": SDP}`,
`{"measure": SECONDS}` with what happened meanwhile. It ends with its standard input.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from antiphon.audio import resample
from ops.bench.figures import percentiles
from ops.bench.media.answering import Calls
from ops.bench.media.lag import lags_ms
from ops.sound import read_speech
from server.webrtc.opus import RATE_HZ

# An offer is 3 KB.
MAX_LINE_BYTES = 256 * 1024


async def obey(calls: Calls, kind: str, order: dict[str, Any]) -> dict[str, Any]:
    """Do one thing and return what came of it."""
    if "offer" in order:
        answers: dict[str, Callable[[str], Awaitable[str]]] = {
            "ours": calls.answer_with_ours,
            "stock": calls.answer_with_stock,
        }
        return {"answer": await answers[kind](order["offer"])}
    frames, began_s, cpu_s = calls.frames, time.perf_counter(), time.process_time()
    lags = await lags_ms(order["measure"])
    took_s = time.perf_counter() - began_s
    return {
        "lag_ms": percentiles(lags, (50, 99)),
        "frames_per_s": (calls.frames - frames) / took_s,
        "cpu_share": (time.process_time() - cpu_s) / took_s,
    }


async def serve(kind: str, path: Path, orders: asyncio.StreamReader) -> None:
    """Obey until there are no more orders."""
    calls = Calls(resample(*read_speech(path), RATE_HZ))
    try:
        while line := await orders.readline():
            print(json.dumps(await obey(calls, kind, json.loads(line))), flush=True)
    finally:
        await calls.close()


async def main(kind: str, core: str, path: str) -> None:
    """Serve standard input, on one core."""
    os.sched_setaffinity(0, {int(core)})
    orders = asyncio.StreamReader(limit=MAX_LINE_BYTES)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(orders), sys.stdin
    )
    await serve(kind, Path(path), orders)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
