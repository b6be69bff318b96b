from __future__ import annotations

import grpc
import pytest

from antiphon.errors import AntiphonError, Exhausted
from antiphon.status import from_rpc_error
from server.engines import generator, recognizer, synthesizer
from server.engines.failure import Engine, EngineFailure, FailureKind, failure_of
from server.engines.stream import ended, hangs
from tests.server.fake_call import rpc_error


@pytest.mark.parametrize(
    ("service", "engine"),
    [
        (recognizer.SERVICE, Engine.ASR),
        (generator.SERVICE, Engine.LLM),
        (synthesizer.SERVICE, Engine.TTS),
    ],
)
@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (grpc.StatusCode.UNAVAILABLE, FailureKind.UNAVAILABLE),
        (grpc.StatusCode.CANCELLED, FailureKind.UNAVAILABLE),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, FailureKind.REFUSED),
        (grpc.StatusCode.INTERNAL, FailureKind.FAILED),
        (grpc.StatusCode.UNKNOWN, FailureKind.FAILED),
    ],
)
def test_a_status_tells_who_failed_and_how(
    service: str, engine: Engine, code: grpc.StatusCode, kind: FailureKind
) -> None:
    problem = from_rpc_error(rpc_error(code), service)
    assert failure_of(problem) == EngineFailure(engine, kind)


def test_a_service_that_hangs_or_ends_is_told_from_one_that_fails() -> None:
    stalled = hangs(generator.SERVICE, "sent nothing for 30 s")
    assert failure_of(stalled) == EngineFailure(Engine.LLM, FailureKind.STALLED)
    gone = ended(recognizer.SERVICE)
    assert failure_of(gone) == EngineFailure(Engine.ASR, FailureKind.UNAVAILABLE)


@pytest.mark.parametrize(
    "problem",
    [
        AntiphonError("a slip of our own"),
        Exhausted("all sessions are taken"),
        from_rpc_error(rpc_error(), "conversation"),
    ],
)
def test_what_is_no_engines_is_none(problem: AntiphonError) -> None:
    assert failure_of(problem) is None
