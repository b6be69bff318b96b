from __future__ import annotations

import asyncio

from prometheus_client import CollectorRegistry

from antiphon.timing import Timing
from inference.llm.engine import Finish, FinishReason, TextDelta, Usage
from inference.llm.gate import Gate
from inference.llm.metrics import Metrics, Token, watch_over
from inference.llm.watch import UNWATCHED


def test_a_request_is_measured_to_its_first_output_and_by_its_tokens() -> None:
    registry = CollectorRegistry()
    request = Metrics(registry).asked()
    request.output(TextDelta("one"))
    request.output(TextDelta("two"))
    request.output(Finish(FinishReason.STOP, Usage(9, 4, 2), Timing()))
    value = registry.get_sample_value
    assert value("antiphon_llm_first_token_seconds_count") == 1
    tokens = {kind: value("antiphon_llm_tokens_total", {"kind": kind}) for kind in Token}
    assert tokens == {"prompt": 9, "cached": 4, "completion": 2}


def test_who_is_in_the_engine_and_who_waits_is_told() -> None:
    registry = CollectorRegistry()

    async def main() -> None:
        gate = Gate(1, 2)
        Metrics(registry).load(gate)
        async with gate.enter():
            waiting = asyncio.create_task(gate.enter().__aenter__())
            await asyncio.sleep(0)
            assert registry.get_sample_value("antiphon_llm_running") == 1
            assert registry.get_sample_value("antiphon_llm_waiting") == 1
        await waiting
        assert registry.get_sample_value("antiphon_llm_waiting") == 0

    asyncio.run(main())


def test_nothing_is_measured_where_nobody_asks() -> None:
    assert watch_over(None) is UNWATCHED
    assert isinstance(watch_over(CollectorRegistry()), Metrics)
