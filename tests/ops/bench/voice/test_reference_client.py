"""Asking the process that runs Coqui as it is; here a stand-in answers."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from antiphon.errors import Unavailable
from ops.bench.voice import reference_client
from ops.bench.voice.reference_client import reference


@pytest.fixture(autouse=True)
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reference_client, "MODULE", "tests.ops.bench.voice.stand_in")


def test_questions_and_answers() -> None:
    async def main() -> tuple[float, float]:
        async with reference(Path(sys.executable), Path("/a/voice")) as coqui:
            return await coqui.speak_ms("hello"), await coqui.seam_db("hello")

    assert asyncio.run(main()) == (5.0, 118.0)


def test_a_process_that_stopped_is_told() -> None:
    async def main() -> None:
        async with reference(Path(sys.executable), Path("/a/voice")) as coqui:
            with pytest.raises(Unavailable, match="Coqui as it is has stopped"):
                await coqui.speak_ms("stop")

    asyncio.run(main())


def test_the_process_ends_with_the_block() -> None:
    async def main() -> int | None:
        async with reference(Path(sys.executable), Path("/a/voice")) as coqui:
            await coqui.speak_ms("hello")
        return coqui._process.returncode

    assert asyncio.run(main()) is not None
