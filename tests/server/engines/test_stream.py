"""A call to an engine: waits that end, and one reason for all who meet its end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import grpc
import pytest

from antiphon.channel import connect
from antiphon.errors import AntiphonError, Exhausted, Unavailable
from antiphon.serving import ErrorInterceptor
from antiphon.timing import Timing
from antiphon.v1 import recognizer_pb2 as pb
from antiphon.v1.recognizer_pb2_grpc import (
    RecognizerServicer,
    RecognizerStub,
    add_RecognizerServicer_to_server,
)
from server.engines.pulse import SILENT, Pulse
from server.engines.stream import TAKE_S, First, Stalled, Stream, hangs, responses
from tests.server.fake_call import FakeCall, refusal, rpc_error
from tests.virtual_time import run_virtual

FULL = Exhausted("no room", reason="SLOTS")


def _stream(call: FakeCall) -> Stream[str, str]:
    return Stream(cast(Any, call), "demo")


async def _read(call: FakeCall, patience_s: float | None = None) -> list[str]:
    return [response async for response in _stream(call).responses(patience_s)]


def test_requests_go_in_and_responses_come_out() -> None:
    async def main() -> None:
        call = FakeCall()
        call.send("a", "b")
        stream = _stream(call)
        await stream.write("x")
        await stream.done_writing()
        call.end()
        assert call.half_closed.is_set()
        assert call.requests == ["x"]
        assert await _read(call) == ["a", "b"]

    run_virtual(main())


def test_cancel_drops_the_call() -> None:
    async def main() -> None:
        call = FakeCall()
        _stream(call).cancel()
        assert call.cancelled

    run_virtual(main())


def test_the_reader_learns_why_a_call_ended() -> None:
    async def main() -> None:
        call = FakeCall()
        call.send("a")
        call.fail(refusal(FULL))
        with pytest.raises(Exhausted, match="no room"):
            await _read(call)

    run_virtual(main())


def test_the_writer_learns_it_too() -> None:
    async def main() -> None:
        call = FakeCall()
        call.fail(refusal(FULL))
        with pytest.raises(Exhausted, match="no room") as refused:
            await _stream(call).write("x")
        assert refused.value.reason == "SLOTS"

    run_virtual(main())


def test_writing_to_a_call_that_the_service_ended_well_is_no_success() -> None:
    async def main() -> None:
        call = FakeCall()
        call.end()
        with pytest.raises(Unavailable, match="demo service ended the stream"):
            await _stream(call).write("x")

    run_virtual(main())


@pytest.mark.parametrize("code", [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.INTERNAL])
def test_a_write_that_breaks_is_an_error_of_ours(code: grpc.StatusCode) -> None:
    class Breaking(FakeCall):
        async def write(self, request: Any) -> None:
            raise rpc_error(code)

    async def main() -> None:
        with pytest.raises(AntiphonError, match="demo service"):
            await _stream(Breaking()).write("x")

    run_virtual(main())


def test_writers_take_turns() -> None:
    class OneAtATime(FakeCall):
        busy = False

        async def write(self, request: Any) -> None:
            assert not self.busy
            self.busy = True
            await asyncio.sleep(0.1)
            self.busy = False
            await super().write(request)

        async def done_writing(self) -> None:
            assert not self.busy
            await super().done_writing()

    async def main() -> None:
        call = OneAtATime()
        stream = _stream(call)
        await asyncio.gather(stream.write("a"), stream.write("b"), stream.done_writing())
        assert call.requests == ["a", "b"]

    run_virtual(main())


def test_a_half_close_that_breaks_leaves_the_reason_to_the_reader() -> None:
    class Breaking(FakeCall):
        async def done_writing(self) -> None:
            raise grpc.aio.InternalError("execute_batch")

    async def main() -> None:
        await _stream(Breaking()).done_writing()

    run_virtual(main())


def test_a_service_that_takes_nothing_is_given_up() -> None:
    async def main() -> float:
        call = FakeCall()
        call.takes_nothing = True
        with pytest.raises(Unavailable, match="taken nothing for 10 s"):
            await _stream(call).write("x")
        return asyncio.get_running_loop().time()

    assert run_virtual(main()) == pytest.approx(TAKE_S)


def test_a_caller_with_a_whole_file_may_be_more_patient() -> None:
    async def main() -> float:
        call = FakeCall()
        call.takes_nothing = True
        with pytest.raises(Unavailable, match="taken nothing for 60 s"):
            await Stream(cast(Any, call), "demo", take_s=60).write("x")
        return asyncio.get_running_loop().time()

    assert run_virtual(main()) == pytest.approx(60)


def test_a_service_that_is_silent_is_given_up_though_it_spoke_before() -> None:
    async def main() -> float:
        call, read = FakeCall(), list[str]()
        for after_s in (2, 4):
            asyncio.get_running_loop().call_later(after_s, call.send, "a")
        with pytest.raises(Unavailable, match="sent nothing for 3 s"):
            async for response in responses(call, "demo", patience_s=3):
                read.append(response)
        assert read == ["a", "a"]
        return asyncio.get_running_loop().time()

    assert run_virtual(main()) == pytest.approx(7)


def test_a_reader_that_takes_its_time_is_not_the_services_silence() -> None:
    async def main() -> list[str]:
        call, read = FakeCall(), list[str]()
        call.send("a", "b")
        call.end()
        async for response in responses(call, "demo", patience_s=3):
            read.append(response)
            await asyncio.sleep(10)
        return read

    assert run_virtual(main()) == ["a", "b"]


async def _read_first(call: FakeCall, first: First) -> list[str]:
    return [response async for response in _stream(call).responses(first=first)]


@pytest.mark.parametrize("begun_s", [[2], [2, 4]])
def test_a_first_answer_is_late_from_the_moment_that_it_could_begin(begun_s: list[float]) -> None:
    async def main() -> float:
        first = First(3)
        for after_s in begun_s:
            asyncio.get_running_loop().call_later(after_s, first.begin)
        with pytest.raises(Stalled, match="demo service has sent nothing for 5 s") as late:
            await _read_first(FakeCall(), first)
        assert late.value.service == "demo"
        return asyncio.get_running_loop().time()

    assert run_virtual(main()) == pytest.approx(5)


def test_what_passed_before_a_first_answer_was_waited_for_counts() -> None:
    async def main() -> float:
        first = First(3)
        first.begin()
        await asyncio.sleep(1)
        with pytest.raises(Stalled, match="sent nothing for 2 s"):
            await _read_first(FakeCall(), first)
        return asyncio.get_running_loop().time()

    assert run_virtual(main()) == pytest.approx(3)


def test_once_the_first_answer_is_there_others_may_take_longer() -> None:
    async def main() -> list[str]:
        call, first, loop = FakeCall(), First(3), asyncio.get_running_loop()
        first.begin()
        loop.call_later(2.9, call.send, "a")
        loop.call_later(60, call.send, "b")
        loop.call_later(61, call.end)
        return await _read_first(call, first)

    assert run_virtual(main()) == ["a", "b"]


def test_a_first_answer_may_come_before_anything_could_begin() -> None:
    async def main() -> list[str]:
        call, first, loop = FakeCall(), First(3), asyncio.get_running_loop()
        loop.call_later(60, call.send, "a")
        loop.call_later(61, first.begin)
        loop.call_later(70, call.end)
        return await _read_first(call, first)

    assert run_virtual(main()) == ["a"]


def test_neither_writer_nor_reader_waits_for_a_service_that_is_away() -> None:
    async def never() -> bool:
        await asyncio.Event().wait()
        return True

    async def main() -> float:
        pulse, call = Pulse("demo", sign_s=0.5), FakeCall()
        call.takes_nothing = True
        stream: Stream[str, str] = Stream(cast(Any, call), "demo", pulse=pulse)
        watching = asyncio.create_task(pulse.watch(never))
        ends = await asyncio.gather(
            stream.write("x"), anext(aiter(stream.responses())), return_exceptions=True
        )
        watching.cancel()
        assert [SILENT in str(end) for end in ends] == [True, True]
        return asyncio.get_running_loop().time()

    assert run_virtual(main()) < 1


def test_a_service_that_hangs_is_named() -> None:
    problem = hangs("demo", "said nothing")
    assert (problem.service, isinstance(problem, Unavailable)) == ("demo", True)
    assert problem.message == "the demo service has said nothing; see `antiphon status`"


@pytest.mark.parametrize("told", [None, Timing(1.0, 20.5, 3.0)])
def test_the_timing_is_what_the_service_told_if_it_did(told: Timing | None) -> None:
    async def main() -> None:
        call = FakeCall()
        if told is not None:
            call.trailers = grpc.aio.Metadata(*told.trailers())
        call.end()
        assert await _stream(call).timing() == told

    run_virtual(main())


def test_without_patience_given_silence_has_no_end() -> None:
    async def main() -> list[str]:
        call = FakeCall()
        asyncio.get_running_loop().call_later(3600, call.end)
        return await _read(call)

    assert run_virtual(main()) == []


class _Refusing(RecognizerServicer):
    async def Recognize(
        self,
        requests: AsyncIterator[pb.RecognizeRequest],
        context: grpc.aio.ServicerContext[Any, Any],
    ) -> AsyncIterator[pb.RecognizeResponse]:
        async for _ in requests:
            raise FULL
        yield pb.RecognizeResponse()


def test_over_grpc_writer_and_reader_learn_the_same(tmp_path: Path) -> None:
    async def main() -> None:
        server = grpc.aio.server(interceptors=[ErrorInterceptor()])
        add_RecognizerServicer_to_server(_Refusing(), server)
        server.add_insecure_port(f"unix:{tmp_path}/s")
        await server.start()
        async with asyncio.timeout(20), connect(f"unix:{tmp_path}/s") as channel:
            stream: Stream[Any, Any] = Stream(RecognizerStub(channel).Recognize(), "demo")
            await stream.write(pb.RecognizeRequest())
            with pytest.raises(Exhausted, match="no room"):
                await anext(aiter(stream.responses()))
            with pytest.raises(Exhausted, match="no room") as refused:
                await stream.write(pb.RecognizeRequest())
            assert refused.value.reason == "SLOTS"
            await stream.done_writing()
        await server.stop(None)

    asyncio.run(main())
