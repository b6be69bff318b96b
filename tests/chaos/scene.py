"""A session over fake engines that can die, stall and come back, its apology made ahead."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import numpy as np

from server.conversation.session import Session
from server.engines.apologies import Apologies
from server.engines.pulse import Pulse
from server.engines.services import Pulses
from server.settings import AgentSettings
from tests.server.fake_call import rpc_error
from tests.server.fakes import FakeGenerator, FakeSynthesizer
from tests.server.recording import Recording
from tests.server.world import WORDS, World
from tests.virtual_time import run_virtual

SIGN_S = 0.5
# Nobody is left in silence for longer.
SOON_MS = 1000.0
SORRY = "I am sorry, one moment."
LOUD = np.full(480, 8000, "<i2").tobytes()


class Engine:
    """How one process is: what its health service answers, if anything."""

    def __init__(self) -> None:
        self.dead = False
        self._moves = asyncio.Event()
        self._moves.set()

    async def check(self) -> bool:
        await self._moves.wait()
        if self.dead:
            raise rpc_error()
        return True

    def stall(self) -> None:
        self._moves.clear()

    def go_on(self) -> None:
        self.dead = False
        self._moves.set()


class Scene(World):
    """`asr`, `llm` and `tts` are the processes behind the fakes; `record` keeps what is told of them."""

    def __init__(self, generator: FakeGenerator, voice: FakeSynthesizer) -> None:
        agent = AgentSettings(apology=SORRY)
        super().__init__(agent, generator, voice)
        self.asr, self.llm, self.tts = Engine(), Engine(), Engine()
        pulses = Pulses(*(Pulse(name, SIGN_S) for name in SERVICES))
        self.engines = replace(self._services, pulses=pulses, apologies=Apologies(SORRY))
        self.record = Recording()
        self.session = Session(self.engines, agent, observer=self.record)

    @property
    def now_ms(self) -> float:
        return asyncio.get_running_loop().time() * 1000

    @property
    def said(self) -> list[str]:
        """What the agent has said, reply by reply."""
        done = self.events("response.output_audio_transcript.done")
        return [event["transcript"] for event in done]

    def silent_ms(self, from_ms: float) -> float:
        """How long nothing was heard from then on."""
        return next(at for at in self.audio_ms() if at >= from_ms) - from_ms

    async def hear(self, frame: bytes, seconds: float) -> None:
        """Let the microphone give so much of one frame after another."""
        for _ in range(round(seconds / 0.02)):
            self.send(frame)
            await asyncio.sleep(0.02)

    async def until_said(self, text: str) -> None:
        while text not in self.said:
            await self.until("response.done")


SERVICES = ("speech recognition", "language model", "speech synthesis")


def play(
    story: Callable[[Scene], Awaitable[None]],
    generator: FakeGenerator | None = None,
    *,
    apology: bool = True,
) -> Scene:
    """Return the scene after `story`, over which the session must have lived."""

    async def main() -> Scene:
        scene = Scene(generator or FakeGenerator(WORDS), FakeSynthesizer())
        async with asyncio.TaskGroup() as watching:
            tasks = [
                watching.create_task(pulse.watch(engine.check))
                for pulse, engine in zip(
                    scene.engines.pulses, (scene.asr, scene.llm, scene.tts), strict=True
                )
            ]
            if apology:
                making = scene.engines.apologies.make(
                    scene.engines.synthesizer, scene.engines.pulses.tts
                )
                tasks.append(watching.create_task(making))
                scene.engines.apologies.want(scene.session._moderator.config)
                await asyncio.sleep(1)
            async with asyncio.TaskGroup() as group:
                group.create_task(scene.run())
                await story(scene)
                assert not scene.over.is_set(), "the session was lost"
                scene.hang_up()
            for task in tasks:
                task.cancel()
        return scene

    return run_virtual(main())
