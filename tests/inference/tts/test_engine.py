"""Whatever speaks here is an engine or a voice, as far as a type checker can tell."""

from __future__ import annotations

from inference.tts.bridge import BridgedEngine
from inference.tts.engine import Engine, Voice
from inference.tts.simulated import SimulatedEngine
from tests.inference.tts.voices import CountingVoice


def test_engines_and_voices() -> None:
    voice: Voice = CountingVoice()
    engine = BridgedEngine(voice)
    engines: list[Engine] = [engine, SimulatedEngine(78.0, 0)]
    engine.close()
    assert [one.info.simulated for one in engines] == [False, True]
    assert all(one.info.capabilities == ("streaming", "word_times") for one in engines)
