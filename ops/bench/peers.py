"""`antiphon bench peers`: how many calls one core carries, ours and stock aiortc's.

The process that answers is pinned to one core, the callers, who send packets that were encoded beforehand,
to another. Callers' microphones are always on; we speak half of the time. Calls are added until a timer of
the answering loop is late by 20 ms or more in one case of a hundred, or frames are left undecoded.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from antiphon.errors import Unavailable
from ops.bench.bench import Bench, Engines, Options, Result
from ops.bench.data import default_folder, load_clips
from ops.bench.figures import rounded
from ops.bench.media.answerer import MAX_LINE_BYTES
from ops.bench.media.callers import Callers
from ops.bench.media.clips import chosen, packets
from ops.settings import REPOSITORY
from server.webrtc.jitter_buffer import FRAME_MS
from server.webrtc.settings import WebRtcSettings

KINDS = ("ours", "stock")
MAX_LAG_MS = 20.0
# What is left of 1 for what is on its way.
MIN_FRAMES_SHARE = 0.97
STEP = 5
MAX_PEERS = 100
# Handshakes and buffers are over.
SETTLE_S = 2.0
MEASURE_S = 5.0
# A machine that is shared hiccups: a load that fails is measured once more.
TRIES = 2


@dataclass(frozen=True, slots=True)
class Load:
    """What was measured with so many calls."""

    peers: int
    lag_p99_ms: float
    frames_share: float
    answering_cpu: float
    calling_cpu: float

    @property
    def carried(self) -> bool:
        """Whether one core carries them."""
        return self.lag_p99_ms < MAX_LAG_MS and self.frames_share >= MIN_FRAMES_SHARE


class Answerer:
    """The answering process, as those who call it see it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def order(self, **order: Any) -> dict[str, Any]:
        """Return what came of it."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        line = await self._process.stdout.readline()
        if not line:
            raise Unavailable("the process that answers calls has ended; see its lines above")
        found: dict[str, Any] = json.loads(line)
        return found

    async def answer(self, offer: str) -> str:
        """Return the answer to a caller's offer."""
        return str((await self.order(offer=offer))["answer"])


async def run(options: Options) -> Result:
    """Measure both."""
    (clip,) = chosen(load_clips(options.data or default_folder("speech")), 1)
    payloads = packets(clip.read(), WebRtcSettings())
    loads = {}
    answering_core, calling_core = _cores()
    with _pinned(calling_core):
        for kind in KINDS:
            options.progress.note(f"{kind}: calls are added until they are too many")
            async with answering(kind, answering_core, clip.path) as answerer:
                loads[kind] = await climb(answerer, payloads, options)
    figures = {
        "per_core": {kind: _carried(found) for kind, found in loads.items()},
        "lag_p99_ms": {
            kind: {load.peers: rounded(load.lag_p99_ms) for load in found}
            for kind, found in loads.items()
        },
    }
    return Result(figures, _context(loads, answering_core != calling_core))


async def climb(answerer: Answerer, payloads: list[bytes], options: Options) -> list[Load]:
    """Return each load up to the first that is too much."""
    callers = Callers(payloads)
    found: list[Load] = []
    most = options.limit or MAX_PEERS
    try:
        while len(callers) < most and (not found or found[-1].carried):
            for _ in range(min(STEP, most - len(callers))):
                await callers.call(answerer.answer)
            await asyncio.sleep(SETTLE_S)
            found.append(await _measured(answerer, callers))
            options.progress.note(f"{found[-1]}")
    finally:
        await callers.close()
    return found


async def _measured(answerer: Answerer, callers: Callers) -> Load:
    for _ in range(TRIES):
        began_s, cpu_s = time.perf_counter(), time.process_time()
        told = await answerer.order(measure=MEASURE_S)
        calling_cpu = (time.process_time() - cpu_s) / (time.perf_counter() - began_s)
        load = Load(
            len(callers),
            told["lag_ms"]["p99"],
            told["frames_per_s"] * FRAME_MS / 1000 / len(callers),
            told["cpu_share"],
            calling_cpu,
        )
        if load.carried:
            break
    return load


@asynccontextmanager
async def answering(kind: str, core: int, speech: Path) -> AsyncIterator[Answerer]:
    """Have a process that answers; it ends with the block."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ops.bench.media.answerer", kind, str(core), str(speech)),
        cwd=REPOSITORY,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=MAX_LINE_BYTES,
    )
    try:
        yield Answerer(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def _cores() -> tuple[int, int]:
    cores = sorted(os.sched_getaffinity(0))
    return cores[0], cores[-1]


@contextmanager
def _pinned(core: int) -> Iterator[None]:
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _carried(loads: list[Load]) -> int:
    return max((load.peers for load in loads if load.carried), default=0)


def _context(loads: dict[str, list[Load]], apart: bool) -> dict[str, Any]:
    return {
        "bound": f"lag p99 under {MAX_LAG_MS:g} ms, {MIN_FRAMES_SHARE:.0%} of all frames decoded",
        "step": STEP,
        "cores_apart": apart,
        "cpu_share": {
            kind: {
                load.peers: {
                    "answering": rounded(load.answering_cpu),
                    "calling": rounded(load.calling_cpu),
                    "frames_share": rounded(load.frames_share),
                }
                for load in found
            }
            for kind, found in loads.items()
        },
    }


BENCH = Bench(
    "calls over WebRTC that one core carries, beside stock aiortc", run, Engines.SIMULATED
)
