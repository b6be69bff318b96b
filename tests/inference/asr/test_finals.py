from __future__ import annotations

import asyncio

from antiphon.observability.spans import TraceContext
from antiphon.v1 import common_pb2
from antiphon.v1.recognizer_pb2 import Final, Partial, RecognizeResponse
from inference.asr.finals import MAX_ASKED, Finals
from tests.proto.observability.test_serving import Kept

FINAL = RecognizeResponse(final=Final(text="tangerine", timing=common_pb2.Timing(compute_ms=7)))


def _told(finals: Finals, *events: RecognizeResponse) -> None:
    async def main() -> None:
        for event in events:
            await finals.emit(event)

    asyncio.run(main())


def test_each_final_is_a_span_of_the_turn_that_asked_for_it() -> None:
    kept, sent = Kept(), []

    async def send(event: RecognizeResponse) -> None:
        sent.append(event)

    finals = Finals(kept, send)
    for number in (1, 2):
        finals.asked(TraceContext(number, 9).header)
    partial = RecognizeResponse(partial=Partial(text="tangerine"))
    _told(finals, partial, FINAL, FINAL, FINAL)
    assert sent == [partial, FINAL, FINAL, FINAL]
    assert [span.context.trace_id for span in kept] == [1, 2]
    assert kept[0].attributes["antiphon.compute_ms"] == 7
    assert "tangerine" not in repr(kept)


def test_a_client_that_asks_without_end_is_not_remembered_without_end() -> None:
    kept = Kept()

    async def send(_: RecognizeResponse) -> None:
        pass

    finals = Finals(kept, send)
    for number in range(1, 100):
        finals.asked(TraceContext(number, 9).header)
    _told(finals, *[FINAL] * 100)
    assert len(kept) == MAX_ASKED
