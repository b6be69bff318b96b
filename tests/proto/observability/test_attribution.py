"""The log of an engine says whose calls its lines are about."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from antiphon.channel import connect
from antiphon.observability.attribution import Attribution, attributed
from antiphon.observability.logs import SESSION, TURN, about, set_up
from antiphon.v1 import synthesizer_pb2 as pb
from antiphon.v1.synthesizer_pb2_grpc import (
    SynthesizerServicer,
    SynthesizerStub,
    add_SynthesizerServicer_to_server,
)

log = logging.getLogger("antiphon.made_up")


class Voice(SynthesizerServicer):
    """Logs that it is called, from a task that the call begins."""

    async def Synthesize(
        self, requests: AsyncIterator[pb.SynthesizeRequest], context: Any
    ) -> AsyncIterator[pb.SynthesizeResponse]:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_warn())
        yield pb.SynthesizeResponse()


async def _warn() -> None:
    log.warning("called")


def lines(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], *calls: tuple[tuple[str, str], ...]
) -> list[str]:
    """Return what the engine logs of calls with such metadata."""

    async def main() -> None:
        address = f"unix:{tmp_path}/s"
        server = grpc.aio.server(interceptors=[Attribution()])
        add_SynthesizerServicer_to_server(Voice(), server)
        server.add_insecure_port(address)
        await server.start()
        async with connect(address) as channel:
            stub = SynthesizerStub(channel)
            for metadata in calls:
                call = stub.Synthesize(metadata=metadata)
                await call.done_writing()
                await call.read()
        await server.stop(None)

    set_up()
    asyncio.run(main())
    told = capfd.readouterr().err.splitlines()
    return [line.partition(" antiphon.made_up")[2] for line in told if "made_up" in line]


def test_what_is_logged_in_a_call_names_the_session_and_turn_that_it_serves(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with about(SESSION, "sess_1"):
        of_session = attributed()
        with about(TURN, "resp_2"):
            of_turn = attributed()
    told = lines(tmp_path, capfd, of_session, of_turn, attributed())
    assert told == [" sess_1: called", " sess_1 resp_2: called", ": called"]


def test_what_is_no_identifier_is_not_written(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    odd = (("antiphon-session", "my name is Ann"), ("antiphon-turn", "resp_" + "9" * 65))
    assert lines(tmp_path, capfd, odd) == [": called"]
