from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from antiphon.audio import Int16
from antiphon.errors import Unavailable
from ops import proof
from ops.proof import QUESTION, prove, told
from ops.settings import Settings
from ops.talk.exchange import Exchange
from server.access.installation_key import load_or_make


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    load_or_make(tmp_path / "key")
    return Settings.load(
        {
            "ANTIPHON_SERVER__KEY_FILE": str(tmp_path / "key"),
            "ANTIPHON_SERVER__ADDRESS": "127.0.0.1:1",
            "ANTIPHON_TTS__ADDRESS": "unix:/tts.sock",
            "ANTIPHON_AGENT__VOICE": "joe",
        }
    )


def exchange(heard: str = QUESTION, spoken: int = 480, problem: str = "") -> Exchange:
    found = Exchange(heard=heard, answered="Eggs.", problem=problem, speech_ended_ms=1000.0)
    found.timeline_ms = {"speech_ended": 0.0, "final": 510.0, "generation_started": 512.0}
    found.hear(np.full(spoken, 9000, np.int16), 2100.0)
    return found


def proven(monkeypatch: pytest.MonkeyPatch, settings: Settings, found: Exchange) -> Exchange:
    asked: list[Any] = []

    def speak(*arguments: Any) -> tuple[Int16, int]:
        asked.append(arguments)
        return np.ones(7, np.int16), 24_000

    async def talk(address: str, key: str, question: Int16, *, instructions: str) -> Exchange:
        assert "short" in instructions
        assert (address, len(question)) == ("127.0.0.1:1", 7)
        assert key.startswith("ak_")
        return found

    monkeypatch.setattr(proof, "speak", speak)
    monkeypatch.setattr(proof, "talk", talk)
    result = asyncio.run(prove(settings))
    assert asked == [("unix:/tts.sock", QUESTION, "joe", 24_000)]
    return result


def test_its_own_voice_asks_and_the_exchange_is_told(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    lines = "\n".join(told(proven(monkeypatch, settings, exchange())))
    assert f"asked      {QUESTION}" in lines
    assert f"heard      {QUESTION}" in lines
    assert "answered   Eggs." in lines
    assert "510 ms" in lines
    assert "voice to voice" in lines
    assert "1100 ms" in lines


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (exchange(heard=""), "its own question was not heard; see"),
        (exchange(spoken=0, problem="the voice is out"), "no answer was spoken: the voice is out;"),
    ],
)
def test_an_exchange_that_failed_is_no_proof(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, found: Exchange, said: str
) -> None:
    with pytest.raises(Unavailable, match=said):
        proven(monkeypatch, settings, found)


def test_without_an_audible_answer_no_latency_is_told() -> None:
    assert not any("voice to voice" in line for line in told(exchange(spoken=0)))
