"""Who does what when, on virtual time; the lines are made up, and nobody is killed."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from ops.bench.services import Running
from ops.observability import traffic
from ops.observability.traffic import (
    KILLS,
    KNOCKERS,
    LOSSY_TALKERS,
    SEATS,
    TALKERS,
    Material,
    Traffic,
)
from ops.settings import Settings
from ops.supervisor.run_folder import ServiceState, write_states
from server.access.installation_key import load_or_make
from tests.ops.bench.crowd.made import question
from tests.virtual_time import run_virtual

SECONDS = 60.0


class Town:
    """All that the callers meet, and what they did."""

    def __init__(self) -> None:
        self.dialled: Counter[str] = Counter()
        self.played: list[Any] = []
        self.knocked: list[tuple[int, float]] = []
        self.sent = self.tried = 0
        self.killed: list[tuple[float, int, int]] = []
        self.hold_s = float("inf")

    @asynccontextmanager
    async def dial(self, transport: str, services: Running) -> AsyncIterator[str]:
        self.dialled[transport] += 1
        yield transport

    @asynccontextmanager
    async def dial_webrtc(self, services: Running, lost_share: float) -> AsyncIterator[str]:
        self.dialled[f"webrtc losing {lost_share}"] += 1
        yield "webrtc"

    async def play_over(self, services: Running, options: Any, scene: Any, mix: Any) -> None:
        self.played.append(scene)
        await asyncio.sleep(6)

    async def knock(self, callers: int, seconds: float, door: Any, gateway: Running) -> None:
        self.knocked.append((callers, seconds))

    def kill(self, pid: int, number: int) -> None:
        self.killed.append((asyncio.get_running_loop().time(), pid, number))

    def conversation(self, line: Any, *_: Any, **__: Any) -> Town:
        return self

    async def hold(self) -> None:
        await asyncio.sleep(min(self.hold_s, SECONDS))
        raise ConnectionError("the session has ended")


@pytest.fixture
def town(monkeypatch: pytest.MonkeyPatch) -> Town:
    made = Town()
    for name in ("dial", "dial_webrtc", "play_over", "knock"):
        monkeypatch.setattr(traffic, name, getattr(made, name))
    monkeypatch.setattr(traffic, "Conversation", made.conversation)
    monkeypatch.setattr(os, "kill", made.kill)
    return made


def drive(folder: Path, pids: dict[str, int]) -> Traffic:
    write_states(folder, {name: ServiceState("ready", pid, "") for name, pid in pids.items()})
    services = Running(folder, Settings.load({"ANTIPHON_SERVER__KEY_FILE": str(folder / "key")}))
    load_or_make(services.key_file)
    recording = folder / "clip.flac"
    recording.write_bytes(b"clip")
    said = Material([question("a.wav", 400.0)], ["turn", "cough"], recording)  # type: ignore[list-item]
    driven = Traffic(services, said)
    run_virtual(driven.drive(SECONDS))
    return driven


@pytest.fixture(autouse=True)
def gateway(monkeypatch: pytest.MonkeyPatch, town: Town) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/v1/audio/transcriptions"
        assert request.headers["authorization"].startswith("Bearer ")
        if request.headers["authorization"].endswith(traffic.UNKNOWN_KEY):
            town.tried += 1
            return httpx.Response(401)
        assert b"clip" in request.content
        town.sent += 1
        return httpx.Response(200 if town.sent > 1 else 503, json={"text": ""})

    monkeypatch.setattr(httpx, "AsyncHTTPTransport", lambda uds: httpx.MockTransport(answer))


PIDS = {"llm": 11, "tts": 12, "asr": 13}


def test_everybody_calls_and_all_seats_are_taken(tmp_path: Path, town: Town) -> None:
    drive(tmp_path, PIDS)
    assert town.dialled == Counter(TALKERS) + Counter({"webrtc losing 0.08": LOSSY_TALKERS})
    assert town.dialled.total() + 1 == SEATS
    assert town.knocked == [(KNOCKERS, SECONDS)] * 2
    assert town.played == ["turn", "cough"] * 5


def test_files_are_sent_and_one_that_is_refused_is_counted(tmp_path: Path, town: Town) -> None:
    driven = drive(tmp_path, PIDS)
    assert town.sent == town.tried == 6
    assert [why.partition(":")[0] for why in driven.ended] == ["HTTPStatusError"]


def test_engines_are_killed_one_after_the_other(tmp_path: Path, town: Town) -> None:
    driven = drive(tmp_path, PIDS)
    assert [pid for _, pid, _ in town.killed] == [PIDS[name] for _, name in KILLS]
    assert {number for _, _, number in town.killed} == {signal.SIGKILL}
    times = [at_s for at_s, _, _ in town.killed]
    assert times == pytest.approx([share * SECONDS for share, _ in KILLS])
    assert driven.killed == [name for _, name in KILLS]


def test_one_that_is_down_already_is_left_alone(tmp_path: Path, town: Town) -> None:
    driven = drive(tmp_path, {**PIDS, "tts": 0})
    assert driven.killed == ["llm", "asr"]
    assert 0 not in {pid for _, pid, _ in town.killed}


def test_who_is_cut_off_calls_again(tmp_path: Path, town: Town) -> None:
    town.hold_s = 29.0
    driven = drive(tmp_path, PIDS)
    assert town.dialled["grpc"] == 3
    assert driven.ended["ConnectionError: the session has ended"] == 2 * (SEATS - 1)
