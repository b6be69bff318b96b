"""A minute or two of everything that callers and engines do, so that every metric has a value.

People's voices over every transport, two lines that lose packets; somebody who talks over answers, coughs at
others and hangs up; files to be written down, and somebody whose key is unknown; more callers than there is
room for; engines that are killed.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any, NoReturn

import httpx

from ops.bench.bench import Engines, Options, Transport
from ops.bench.calls.line import Line, dial
from ops.bench.calls.webrtc_line import dial as dial_webrtc
from ops.bench.crowd.conversation import Conversation, Notes
from ops.bench.crowd.generator import why
from ops.bench.crowd.knocking import knock, over_webrtc, over_websocket
from ops.bench.crowd.questions import Question
from ops.bench.interrupt import Scene, nothing_beside, play_over
from ops.bench.services import Running
from server.access.installation_key import load

TALKERS = (Transport.WEBSOCKET, Transport.WEBSOCKET, Transport.GRPC)
LOSSY_TALKERS = 2
# Bad Wi-Fi: some packets come back from the next one's copy, those lost two in a row are made up.
LOST_SHARE = 0.08
# With the one who interrupts, all seats are taken, and nobody else is let in.
SEATS = len(TALKERS) + LOSSY_TALKERS + 1
KNOCKERS = 2
# So long after a call that failed.
AGAIN_S = 1.0
FILES_EVERY_S = 10.0
UNKNOWN_KEY = "nobodys"
TRANSCRIPTIONS = "http://localhost/v1/audio/transcriptions"
# When, as a share of the time, and whom: each is back, and was used again, before the next is killed.
KILLS = ((0.5, "llm"), (0.6, "tts"), (0.7, "asr"))
# Long enough to be interrupted, short enough that a caller who hears it out asks again within 10 s.
REPLIES = (
    "Your order left our warehouse on Monday morning and it should reach you by Thursday afternoon "
    "together with the two lamps and the small wooden table that you asked for.",
    "Yes, of course.",
    "It is open from nine in the morning until eight in the evening, also on Saturdays.",
)


Dial = Callable[[], AbstractAsyncContextManager[Line]]


@dataclass(frozen=True, slots=True)
class Material:
    """What is said: questions, clips to be played over answers, and a recording to be written down."""

    questions: Sequence[Question]
    scenes: Sequence[Scene]
    recording: Path


@dataclass(slots=True)
class Traffic:
    """Made of services that run; `drive` it, then look at what the callers saw.

    `ended` counts the calls that ended by themselves, by why; `killed` is who was, in order.
    """

    services: Running
    material: Material
    notes: Notes = field(default_factory=Notes)
    ended: Counter[str] = field(default_factory=Counter)
    killed: list[str] = field(default_factory=list)

    async def drive(self, seconds: float) -> None:
        """Keep everybody busy for so long."""
        async with asyncio.TaskGroup() as tasks:
            going = [tasks.create_task(one) for one in self._all(seconds)]
            await asyncio.sleep(seconds)
            for one in going:
                one.cancel()

    def _all(self, seconds: float) -> Iterator[Coroutine[Any, Any, Any]]:
        lines: list[Dial] = [partial(dial, to, self.services) for to in TALKERS]
        lossy: list[Dial] = [partial(dial_webrtc, self.services, LOST_SHARE)] * LOSSY_TALKERS
        for number, line in enumerate([*lines, *lossy]):
            yield self._talk(line, number)
        yield self._interrupt()
        yield self._send_files()
        for door in (over_websocket, over_webrtc):
            yield knock(KNOCKERS, seconds, door, self.services)
        yield self._kill(seconds)

    async def _talk(self, line: Dial, number: int) -> NoReturn:
        async def hold() -> None:
            async with line() as open_line:
                await Conversation(
                    open_line, self.material.questions, number, lambda: self.notes, simulated=True
                ).hold()

        while True:
            await self._call(hold)

    async def _interrupt(self) -> None:
        options = Options(engines=Engines.SIMULATED)
        for scene in cycle(self.material.scenes):
            await self._call(partial(play_over, self.services, options, scene, nothing_beside))

    async def _send_files(self) -> NoReturn:
        while True:
            await self._call(self._send_file)
            await self._call(self._try_a_key)
            await asyncio.sleep(FILES_EVERY_S)

    async def _call(self, call: Callable[[], Awaitable[Any]]) -> None:
        try:
            await call()
        except Exception as error:  # noqa: BLE001 - the boundary of a call: the others go on
            self.ended[why(error).splitlines()[0]] += 1
            await asyncio.sleep(AGAIN_S)

    async def _send_file(self) -> None:
        recording = self.material.recording
        async with self._with_key(load(self.services.key_file)) as client:
            files = {"file": (recording.name, recording.read_bytes())}
            told = await client.post(TRANSCRIPTIONS, files=files, data={"model": "whisper-1"})
            told.raise_for_status()

    async def _try_a_key(self) -> None:
        async with self._with_key(UNKNOWN_KEY) as client:
            await client.post(TRANSCRIPTIONS)

    def _with_key(self, key: str) -> httpx.AsyncClient:
        through = httpx.AsyncHTTPTransport(uds=self.services.http_socket)
        headers = {"Authorization": f"Bearer {key}"}
        return httpx.AsyncClient(transport=through, headers=headers, timeout=60)

    async def _kill(self, seconds: float) -> None:
        began_s = asyncio.get_running_loop().time()
        for share, name in KILLS:
            await asyncio.sleep(began_s + share * seconds - asyncio.get_running_loop().time())
            self._kill_one(name)

    def _kill_one(self, name: str) -> None:
        pid = self.services.pid(name)
        # 0 would be this process and all that it started.
        if pid <= 0:
            return
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            self.killed.append(name)
