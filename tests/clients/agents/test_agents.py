"""OpenAI's Agents SDK, unmodified, calls the gateway: over WebSocket in Node, over WebRTC in Chromium.

The caller says the same over and over. The first time a tool is called for it, whose output is spoken of;
the second time falls into that answer, and interrupts it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import soundfile
import soxr

from ops.checks import node, page
from tests.clients.gateway import REPLY, Gateway, gateway
from tests.end_to_end.chromium import browsing
from tests.speech import SPEECH, recording

AGENTS = Path(__file__).parent
# 3.5 s, some 12 words to a recogniser that makes them up.
SAID = (SPEECH, "cmu_arctic/cmu_arctic_us_axb_a0006.wav")
# The answer begins within two, and takes eight.
BETWEEN_S = 5.0
RATE_HZ = 24_000
# Louder than any noise; full scale is 1.
AUDIBLE = 0.02

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def packages() -> None:
    for folder in (AGENTS, page.PAGE):
        outcome = node.packages(folder)
        for reason in outcome.reasons:
            pytest.skip(reason)
        assert outcome.passed, outcome.output


@pytest.fixture(scope="module")
def served() -> Iterator[Gateway]:
    with gateway() as one:
        yield one


def test_over_a_websocket(served: Gateway, tmp_path: Path) -> None:
    sound, rate_hz = soundfile.read(recording(*SAID), dtype="float32")
    speech = soxr.resample(sound, rate_hz, RATE_HZ)
    silence = np.zeros(int(BETWEEN_S * RATE_HZ), np.float32)
    file = tmp_path / "speech.pcm"
    file.write_bytes((np.concatenate([speech, silence]) * 32767).astype("<i2").tobytes())
    url = f"{served.socket_url}/v1/realtime?model=antiphon"
    done = subprocess.run(
        ["node", str(AGENTS / "socket.mjs"), url, str(file)],
        env={**os.environ, "KEY": served.key},
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["interruptions"] >= 1
    assert told["audio"]["peak"] / 32768 > AUDIBLE
    _holds(told)


def test_over_webrtc(served: Gateway, tmp_path: Path) -> None:
    with browsing(tmp_path, over_and_over=True) as (tab, microphone):
        microphone.load(recording(*SAID), BETWEEN_S)
        # Any place of the gateway's own, but not under our page's policy: the client makes code of text.
        tab.send("Page.setBypassCSP", enabled=True)
        tab.open(f"{served.url}/licences.md")
        tab.run(_bundle(tmp_path))
        tab.run(f"client.call({served.url!r}, {_client_key(served)!r})")
        tab.until("client.told.events.includes('output_audio_buffer.started')")
        tab.listen()
        tab.until("client.told.events.includes('output_audio_buffer.cleared')")
        assert float(np.abs(tab.heard()).max()) > AUDIBLE
        events = "client.told.events.filter((type) => type === 'output_audio_buffer.started')"
        tab.until(f"{events}.length > 1")
        tab.until("client.told.events.includes('conversation.item.retrieved')")
        _holds(tab.run("client.told"))
        assert [told for told in tab.complaints if "favicon.ico" not in told] == []


def _holds(told: dict[str, Any]) -> None:
    """Assert what is the same over both transports."""
    assert told["errors"] == []
    assert len(told["calls"]) >= 2
    kinds = set(told["events"])
    assert "conversation.item.input_audio_transcription.delta" in kinds
    assert "response.function_call_arguments.done" in kinds
    said = [item for item in told["history"] if item["type"] == "message"]
    asked = [_text(item) for item in said if item["role"] == "user"]
    assert len(asked) >= 2
    assert all("get weather" in text for text in asked)
    answered = _answers(told)
    assert len(answered) >= 2
    assert answered[0] and REPLY.startswith(answered[0].strip())
    # Over WebSocket the client says where it stopped playing, over WebRTC it is told; either way it
    # then asks what was heard.
    assert len(answered[0]) < len(REPLY)


def _answers(told: dict[str, Any]) -> list[str]:
    said = [item for item in told["history"] if item["type"] == "message"]
    return [_text(item) for item in said if item["role"] == "assistant"]


def _text(item: dict[str, Any]) -> str:
    return " ".join(part.get("transcript") or part.get("text") or "" for part in item["content"])


def _bundle(folder: Path) -> str:
    """Return the client as one script that a page can run."""
    vite = page.PAGE / "node_modules/vite/bin/vite.js"
    built = subprocess.run(
        [shutil.which("node") or "node", str(vite), "build", "--outDir", str(folder / "bundle")],
        cwd=AGENTS,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    return (folder / "bundle/client.js").read_text()


def _client_key(served: Gateway) -> str:
    """Return a key that may be given to a browser."""
    answer = httpx.post(
        f"{served.url}/v1/realtime/client_secrets",
        headers={"Authorization": f"Bearer {served.key}"},
        json={"session": {"type": "realtime", "model": "antiphon"}},
        trust_env=False,
    )
    assert answer.status_code == 200, answer.text
    return str(answer.json()["value"])
