"""What runs for the check, with stand-ins for services and Prometheus."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from antiphon.errors import InvalidInput
from ops.bench.data import Clip
from ops.observability import stage as subject
from ops.observability.prometheus import HOST
from ops.observability.stage import OVERLAPS, material, overlaps, stage, targets
from ops.observability.traffic import REPLIES, SEATS
from tests.ops.bench.crowd.made import question


def clip(name: str, kind: str) -> Clip:
    return Clip(Path(name), 1.0, "yes", {"file": name, "kind": kind})


def test_each_job_has_its_own_port() -> None:
    assert targets(9464) == {
        "gateway": f"{HOST}:9464",
        "asr": f"{HOST}:9465",
        "llm": f"{HOST}:9466",
        "tts": f"{HOST}:9467",
    }


def test_turns_and_coughs_take_turns() -> None:
    clips = [
        clip(f"{kind}{n}", kind) for kind in ("turn", "vocalisation", "dialogue") for n in range(9)
    ]
    kinds = [one.condition for one in overlaps(clips)]
    assert kinds == ["turn", "vocalisation"] * OVERLAPS


def test_services_and_prometheus_run_together(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: dict[str, Any] = {}

    @asynccontextmanager
    async def running(*names: str, **tables: Any) -> AsyncIterator[str]:
        ran.update(tables, names=names)
        yield "services"

    @asynccontextmanager
    async def prometheus(folder: Path, targets: Mapping[str, str]) -> AsyncIterator[str]:
        ran["folder"] = folder
        ran["targets"] = targets
        yield "prometheus"

    monkeypatch.setattr(subject, "running", running)
    monkeypatch.setattr(subject, "prometheus", prometheus)

    async def main() -> tuple[Any, Any]:
        async with stage() as found:
            return found.services, found.prometheus

    assert asyncio.run(main()) == ("services", "prometheus")
    assert set(ran["names"]) == {"asr", "llm", "tts", "server"}
    assert not ran["folder"].exists()
    assert ran["observability"]["metrics_address"] == ran["targets"]["gateway"]
    assert ran["server"]["max_sessions"] == SEATS
    assert json.loads(ran["llm"]["simulated"]["replies"]) == list(REPLIES)


def test_what_is_said_comes_from_the_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    clips = [clip("a.flac", "turn"), clip("b.flac", "noise")]
    monkeypatch.setattr(subject, "load_clips", lambda folder: clips)
    monkeypatch.setattr(subject, "choose", lambda clips, limit: clips[:1])
    monkeypatch.setattr(subject, "prepare", lambda clips, *_: [question("a.flac", 1.0)])
    monkeypatch.setattr(subject, "takes", lambda clips, *_: clips)
    monkeypatch.setattr(subject, "scenes_of", list)
    said = material(Path("folder"))
    assert [one.name for one in said.questions] == ["a.flac"]
    assert len(said.scenes) == 2
    assert said.recording == Path("a.flac")
    monkeypatch.setattr(subject, "prepare", lambda *_: [])
    with pytest.raises(InvalidInput, match="folder has no clip of a caller's turn"):
        material(Path("folder"))
