from __future__ import annotations

from pathlib import Path

import pytest

from antiphon.errors import Unavailable
from antiphon.v1.common_pb2 import GetInfoRequest
from antiphon.v1.generator_pb2_grpc import GeneratorStub
from ops.engines.blocking import connected
from tests.ops.fake_engines import Generator, serving


def test_a_call_goes_through(tmp_path: Path) -> None:
    with (
        serving(tmp_path, "llm", Generator()) as address,
        connected(address, "language model") as channel,
    ):
        assert GeneratorStub(channel).GetInfo(GetInfoRequest()).model == "mind"


def test_a_failure_is_ours_and_names_the_service(tmp_path: Path) -> None:
    with (
        pytest.raises(Unavailable, match="the language model service is not reachable"),
        connected(f"unix:{tmp_path}/llm.sock", "language model") as channel,
    ):
        GeneratorStub(channel).GetInfo(GetInfoRequest())


def test_what_is_no_failed_call_comes_out_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), connected(f"unix:{tmp_path}/llm.sock", "x"):
        raise ZeroDivisionError
