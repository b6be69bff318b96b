from __future__ import annotations

from server.conversation.observer import UNOBSERVED, Interruption, Told
from server.conversation.outcome import Ending
from server.engines.failure import Engine, EngineFailure, FailureKind


def test_whoever_is_not_observed_may_tell_all_the_same() -> None:
    UNOBSERVED.told(Told("resp_1", Ending.COMPLETED, {}))
    UNOBSERVED.speculated(used=True)
    UNOBSERVED.interrupted(Interruption.DUCKED)
    UNOBSERVED.engine_failed(EngineFailure(Engine.ASR, FailureKind.STALLED))
    UNOBSERVED.retried(Engine.TTS)
    UNOBSERVED.apologised()
