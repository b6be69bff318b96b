"""What is said where an engine fails, made ahead: the voice may be the one that has failed."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

import numpy as np

from antiphon.audio import encode
from antiphon.errors import AntiphonError
from antiphon.v1.synthesizer_pb2 import AudioChunk
from antiphon.v1.synthesizer_pb2_grpc import SynthesizerStub
from server.engines.pulse import Pulse
from server.engines.synthesizer import Speech
from server.realtime.session_config import SessionConfig, WireFormat

log = logging.getLogger(__name__)

# Voices, speeds and formats of a site; 4 s of speech in the widest format are 770 KB.
MOST_KEPT = 32
# Sessions that begin while one is made want mostly the same; one that finds no room wants it when it is set.
MOST_WANTED = 32
# One that failed though the voice answers is tried again so late; the others are made meanwhile.
AGAIN_S = 5.0
# What is heard where there are no words: two soft notes, as of a telephone that has something to say.
TONE_HZ, TONE_MS, TONE_LEVEL = 440.0, 180, 0.1

Key = tuple[str, float, WireFormat]


@dataclass(frozen=True, slots=True)
class Spoken:
    """`text`, and the speech that says it; a tone says nothing."""

    text: str
    chunks: Sequence[AudioChunk]


class Apologies:
    """`text` in each voice and format that sessions use. `make` is a task."""

    def __init__(self, text: str = "") -> None:
        self._text = text
        self._made: OrderedDict[Key, Spoken] = OrderedDict()
        self._wanted: dict[Key, SessionConfig] = {}
        # Those of them that are to be made now, each once: there is always room.
        self._due: asyncio.Queue[Key] = asyncio.Queue(MOST_WANTED)

    def want(self, config: SessionConfig) -> None:
        """Have it made in the way of `config`, unless it is there."""
        key = _key(config)
        missing = self._text and config.audio_out and not (key in self._made or key in self._wanted)
        if missing and len(self._wanted) < MOST_WANTED:
            self._wanted[key] = config
            self._due.put_nowait(key)

    def find(self, config: SessionConfig) -> Spoken:
        """Return it in the way of `config`; a tone, where it has not been made."""
        key = _key(config)
        if key not in self._made:
            self.want(config)
            return _tone(config.output_format)
        self._made.move_to_end(key)
        return self._made[key]

    async def make(self, synthesizer: SynthesizerStub, pulse: Pulse) -> NoReturn:
        """Make what is wanted, one after another, until cancelled."""
        while True:
            key = await self._due.get()
            await pulse.until_ready()
            try:
                spoken = await self._speak(synthesizer, self._wanted[key], pulse)
            except AntiphonError as problem:
                log.warning("no apology could be made: %s", problem.message)
                self._fail(key, problem)
                continue
            del self._wanted[key]
            self._made[key] = spoken
            if len(self._made) > MOST_KEPT:
                self._made.popitem(last=False)

    def _fail(self, key: Key, problem: AntiphonError) -> None:
        """Have it made later; a refusal, as of a voice that is not there, would be the same again."""
        if not problem.is_servers:
            del self._wanted[key]
        else:
            asyncio.get_running_loop().call_later(AGAIN_S, self._due.put_nowait, key)

    async def _speak(
        self, synthesizer: SynthesizerStub, config: SessionConfig, pulse: Pulse
    ) -> Spoken:
        speech = Speech(synthesizer, config, pulse=pulse)
        try:
            await speech.open()
            await speech.say(self._text)
            await speech.end_of_text()
            return Spoken(self._text, [chunk async for chunk in speech.chunks()])
        finally:
            speech.cancel()


def _key(config: SessionConfig) -> Key:
    return config.voice, config.speed, config.output_format


def _tone(wire: WireFormat) -> Spoken:
    seconds = np.arange(wire.rate_hz * TONE_MS // 1000) / wire.rate_hz
    note = np.sin(2 * np.pi * TONE_HZ * seconds) * np.hanning(len(seconds)) * TONE_LEVEL
    twice = np.concatenate([note, np.zeros(len(note)), note])
    audio = encode((twice * 32_767).astype(np.int16), wire.encoding)
    return Spoken("", [AudioChunk(audio=audio)])
