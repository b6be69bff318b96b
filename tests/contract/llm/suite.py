"""What every language engine must do, over gRPC: one suite for the simulated engine and the real ones.

A file `test_ENGINE.py` beside this one imports all of it and has a fixture `service`. What an
engine declares it must do, and what it does not declare it must refuse.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

import grpc
import pytest

from antiphon.errors import AntiphonError, InvalidInput, Unsupported
from antiphon.v1 import common_pb2
from antiphon.v1 import generator_pb2 as pb
from antiphon.v1.generator_pb2_grpc import GeneratorStub
from inference.llm.engine import Capability
from tests.llm_service import Service, ask, refusal

# Found in nothing that an engine, a library or this project writes by itself.
PLANTED = "zanzibar-hollyhock"
INSTRUCTIONS = (
    "You are the friendly assistant of a clinic in a small town. Answer in one sentence. " * 4
)
WEATHER = pb.Tool(
    name="get_weather",
    description="The weather of a city",
    parameters=json.dumps(
        {
            "type": "object",
            "properties": {"city": {"type": "string", "maxLength": 20}},
            "required": ["city"],
            "additionalProperties": False,
        }
    ),
)
CLOCK = pb.Tool(
    name="get_time",
    description="The time in a city",
    parameters='{"type": "object", "properties": {}, "additionalProperties": false}',
)
PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string", "maxLength": 12}, "adult": {"type": "boolean"}},
    "required": ["name", "adult"],
    "additionalProperties": False,
}


def request(text: str = "What is the capital of France?", **fields: Any) -> pb.GenerateRequest:
    """Return a request with one user message, greedy and short unless `fields` say otherwise."""
    fields.setdefault("messages", [message(text)])
    fields.setdefault("sampling", greedy())
    return pb.GenerateRequest(**fields)


def greedy(**fields: Any) -> pb.Sampling:
    """Return sampling that always chooses the likeliest token, 24 of them unless `fields` say otherwise."""
    return pb.Sampling(**{"temperature": 0, "max_tokens": 24, **fields})


def message(content: str, role: pb.Role = pb.ROLE_USER) -> pb.Message:
    """Return one message."""
    return pb.Message(role=role, content=content)


def long_request() -> pb.GenerateRequest:
    """Return a request that keeps the engine busy for many seconds."""
    return request(
        "Write a very long story about a river, with many chapters.",
        sampling=pb.Sampling(temperature=1, max_tokens=1500),
    )


def test_it_tells_what_it_is(service: Service) -> None:
    async def info(stub: GeneratorStub) -> common_pb2.ServiceInfo:
        found: common_pb2.ServiceInfo = await stub.GetInfo(common_pb2.GetInfoRequest())
        return found

    found = service.with_stub(info)
    assert found.engine == service.engine.name
    assert set(found.capabilities) == service.capabilities <= {str(one) for one in Capability}


def test_text_comes_in_pieces_and_then_one_finish(service: Service) -> None:
    answer = service.ask(request())
    assert len(answer.deltas) > 3
    assert all(answer.deltas)
    assert answer.last == "finish"
    assert answer.finish.reason in (pb.FINISH_REASON_STOP, pb.FINISH_REASON_LENGTH)
    usage = answer.finish.usage
    assert 5 < usage.prompt_tokens < 60
    assert len(answer.deltas) <= usage.completion_tokens <= 24


def test_trailers_hold_the_timing_of_finish(service: Service) -> None:
    answer = service.ask(request())
    timing, trailers = answer.finish.timing, answer.trailers
    assert trailers is not None
    assert trailers.compute_ms == pytest.approx(timing.compute_ms, abs=0.001)
    assert trailers.first_output_ms == pytest.approx(timing.first_output_ms, abs=0.001)
    assert trailers.queue_ms == pytest.approx(timing.queue_ms, abs=0.001)
    assert 0 < timing.first_output_ms < timing.compute_ms


def test_a_refused_call_has_no_timing(service: Service) -> None:
    async def trailers(stub: GeneratorStub) -> Any:
        call = stub.Generate(request(messages=[]))
        assert await call.code() is grpc.StatusCode.INVALID_ARGUMENT
        return await call.trailing_metadata()

    assert not [key for key, _ in service.with_stub(trailers) if key.startswith("antiphon-")]


def test_greedy_is_the_same_each_time(service: Service) -> None:
    assert service.ask(request()).text == service.ask(request()).text


def test_it_ends_at_max_tokens(service: Service) -> None:
    finish = service.ask(request(sampling=greedy(max_tokens=3))).finish
    assert finish.reason == pb.FINISH_REASON_LENGTH
    assert finish.usage.completion_tokens == 3


def test_text_ends_before_a_stop_text_that_spans_tokens(service: Service) -> None:
    whole = service.ask(request()).text
    stop = whole[7:16]
    answer = service.ask(request(sampling=greedy(stop=["never said", stop])))
    assert answer.text == whole[: whole.index(stop)]
    assert answer.finish.reason == pb.FINISH_REASON_STOP
    assert answer.finish.usage.completion_tokens < 24


def test_what_looked_like_a_stop_text_is_given_out(service: Service) -> None:
    whole = service.ask(request()).text
    assert service.ask(request(sampling=greedy(stop=[whole + "!"]))).text == whole


@pytest.mark.parametrize("text", ["\U0001f600\U0001f389" * 8, "Zürich 東京 ☕ naïve", " ", ""])
def test_any_text_is_answered_in_whole_characters(service: Service, text: str) -> None:
    answer = service.ask(request(text))
    assert answer.finishes
    assert not any("\ufffd" in delta for delta in answer.deltas)


def test_messages_of_every_role_are_taken(service: Service) -> None:
    call = pb.ToolCall(id="call_1", name="get_weather", arguments='{"city": "Paris"}')
    conversation = [
        message("You are brief.", pb.ROLE_SYSTEM),
        message("How is the weather in Paris?"),
        pb.Message(role=pb.ROLE_ASSISTANT, tool_calls=[call]),
        pb.Message(role=pb.ROLE_TOOL, content="sunny", tool_call_id="call_1"),
    ]
    assert service.ask(request(messages=conversation)).finishes


def test_four_at_a_time_are_each_answered(service: Service) -> None:
    answers = service.ask_all([request(f"Tell me about the number {n}.") for n in range(4)])
    assert all(answer.text and answer.finish for answer in answers)


def test_cancelled_work_stops(service: Service) -> None:
    async def cancel_eight(stub: GeneratorStub) -> None:
        calls = [stub.Generate(long_request()) for _ in range(8)]
        # Any of them may be the first to be served.
        reading = [asyncio.ensure_future(anext(aiter(call))) for call in calls]
        await asyncio.wait(reading, return_when=asyncio.FIRST_COMPLETED)
        for call in calls:
            call.cancel()
        await asyncio.gather(*reading, return_exceptions=True)

    service.with_stub(cancel_eight)
    # Were one of them still at work, it would take much longer until this got its turn.
    assert service.ask(request(sampling=greedy(max_tokens=1)), timeout_s=10).finishes


def test_a_deadline_ends_the_call_and_nothing_else(service: Service) -> None:
    async def too_short(stub: GeneratorStub) -> grpc.StatusCode:
        call = stub.Generate(long_request(), timeout=0.5)
        with pytest.raises(grpc.aio.AioRpcError):
            async for _ in call:
                pass
        code: grpc.StatusCode = await call.code()
        return code

    assert service.with_stub(too_short) is grpc.StatusCode.DEADLINE_EXCEEDED
    assert service.ask(request(), timeout_s=10).finishes


def test_warm_tells_what_is_cached(service: Service) -> None:
    conversation = [message(INSTRUCTIONS, pb.ROLE_SYSTEM), message("What do you")]

    async def warm(stub: GeneratorStub) -> int:
        warmed: pb.WarmResponse = await stub.Warm(pb.WarmRequest(messages=conversation))
        return warmed.cached_tokens

    cached = service.with_stub(warm)
    conversation[1] = message("What do you charge?")
    usage = service.ask(request(messages=conversation, sampling=greedy(max_tokens=1))).finish.usage
    if Capability.PREFIX_CACHE in service.capabilities:
        assert 64 <= cached <= usage.prompt_tokens
        assert 64 <= usage.cached_tokens <= usage.prompt_tokens
    else:
        assert cached == usage.cached_tokens == 0


def test_warm_refuses_what_generate_would(service: Service) -> None:
    async def warm(stub: GeneratorStub) -> grpc.StatusCode:
        code: grpc.StatusCode = await stub.Warm(pb.WarmRequest()).code()
        return code

    assert service.with_stub(warm) is grpc.StatusCode.INVALID_ARGUMENT


def test_a_json_schema_is_kept_to(service: Service) -> None:
    asked = request("Describe Bob.", json_schema=json.dumps(PERSON), sampling=greedy(max_tokens=60))
    if Capability.JSON_SCHEMA not in service.capabilities:
        expect_missing(service, asked, Capability.JSON_SCHEMA)
        return
    answer = service.ask(asked)
    found = json.loads(answer.text)
    assert isinstance(found.pop("name"), str)
    assert isinstance(found.pop("adult"), bool)
    assert not found
    assert answer.finish.reason == pb.FINISH_REASON_STOP


def test_a_required_tool_is_called(service: Service) -> None:
    asked = request(
        "How is the weather in Paris?",
        tools=[WEATHER, CLOCK],
        tool_choice=pb.TOOL_CHOICE_REQUIRED,
        sampling=greedy(max_tokens=60),
    )
    if Capability.FORCED_TOOLS not in service.capabilities:
        expect_missing(service, asked, Capability.FORCED_TOOLS)
        return
    answer = service.ask(asked)
    (call,) = answer.calls
    assert call.id
    assert call.name in ("get_weather", "get_time")
    assert set(json.loads(call.arguments)) == ({"city"} if call.name == "get_weather" else set())
    assert answer.text == ""
    assert answer.finish.reason == pb.FINISH_REASON_TOOL_CALLS


@pytest.mark.parametrize("tool", [WEATHER, CLOCK], ids=lambda tool: tool.name)
def test_the_named_tool_is_called_and_no_other(service: Service, tool: pb.Tool) -> None:
    asked = request(
        "How is the weather in Paris?",
        tools=[WEATHER, CLOCK],
        tool_choice=pb.TOOL_CHOICE_REQUIRED,
        tool_name=tool.name,
        sampling=greedy(max_tokens=60),
    )
    if Capability.FORCED_TOOLS in service.capabilities:
        assert [call.name for call in service.ask(asked).calls] == [tool.name]
    else:
        expect_missing(service, asked, Capability.FORCED_TOOLS)


def test_arguments_follow_references_in_their_schema(service: Service) -> None:
    schema = {
        "properties": {"size": {"$ref": "#/$defs/size"}},
        "required": ["size"],
        "additionalProperties": False,
        "$defs": {"size": {"type": "string", "enum": ["small", "large"]}},
    }
    asked = request(
        "A pizza, please.",
        tools=[pb.Tool(name="order", parameters=json.dumps(schema))],
        tool_choice=pb.TOOL_CHOICE_REQUIRED,
        sampling=greedy(max_tokens=60),
    )
    if Capability.FORCED_TOOLS not in service.capabilities:
        expect_missing(service, asked, Capability.FORCED_TOOLS)
        return
    (call,) = service.ask(asked).calls
    assert json.loads(call.arguments)["size"] in ("small", "large")


def test_a_call_that_is_cut_off_is_no_call(service: Service) -> None:
    asked = request(
        tools=[WEATHER], tool_choice=pb.TOOL_CHOICE_REQUIRED, sampling=greedy(max_tokens=2)
    )
    if Capability.FORCED_TOOLS not in service.capabilities:
        expect_missing(service, asked, Capability.FORCED_TOOLS)
        return
    answer = service.ask(asked)
    assert (answer.calls, answer.text) == ([], "")
    assert answer.finish.reason == pb.FINISH_REASON_LENGTH


def test_tools_on_offer_are_taken_or_refused(service: Service) -> None:
    asked = request("Please get weather for Paris.", tools=[WEATHER])
    if Capability.TOOLS not in service.capabilities:
        expect_missing(service, asked, Capability.TOOLS)
        return
    for call in service.ask(asked).calls:
        assert call.name == "get_weather"
        assert isinstance(json.loads(call.arguments), dict)


def test_tools_that_may_not_be_called_are_no_capability(service: Service) -> None:
    answer = service.ask(request(tools=[WEATHER], tool_choice=pb.TOOL_CHOICE_NONE))
    assert answer.text
    assert not answer.calls


def test_a_seed_decides(service: Service) -> None:
    asked = request(sampling=pb.Sampling(temperature=1.5, max_tokens=12, seed=2**64 - 1))
    if Capability.SEED in service.capabilities:
        assert service.ask(asked).text == service.ask(asked).text
    else:
        expect_missing(service, asked, Capability.SEED)


def expect_missing(service: Service, asked: pb.GenerateRequest, missing: Capability) -> None:
    """The refusal names what is missing and who has it."""
    error = refusal(service, asked)
    assert isinstance(error, Unsupported)
    assert error.reason == "CAPABILITY_MISSING"
    assert dict(error.metadata) == {"capability": missing, "engine": "vllm"}
    assert "vllm" in error.message


BAD_INPUT = {
    "no messages": request(messages=[]),
    "no role": request(messages=[message(PLANTED, pb.ROLE_UNSPECIFIED)]),
    "unknown role": request(messages=[message(PLANTED, 17)]),  # type: ignore[arg-type]
    "temperature NaN": request(PLANTED, sampling=pb.Sampling(temperature=float("nan"))),
    "temperature infinite": request(PLANTED, sampling=pb.Sampling(temperature=float("inf"))),
    "temperature 2.1": request(PLANTED, sampling=pb.Sampling(temperature=2.1)),
    "top_p 0": request(PLANTED, sampling=pb.Sampling(top_p=0)),
    "repetition_penalty 0": request(PLANTED, sampling=pb.Sampling(repetition_penalty=0)),
    "an empty stop": request(PLANTED, sampling=pb.Sampling(stop=[""])),
    "nine stops": request(PLANTED, sampling=pb.Sampling(stop=[PLANTED] * 9)),
    "schema that is no JSON": request(PLANTED, json_schema=f"{{{PLANTED}"),
    "schema that is no object": request(PLANTED, json_schema=f'["{PLANTED}"]'),
    "schema and tools": request(PLANTED, json_schema="{}", tools=[CLOCK]),
    "schema nested without end": request(PLANTED, json_schema='{"a":' * 5000),
    "tool named in words": request(PLANTED, tools=[pb.Tool(name=f"a {PLANTED}")]),
    "parameters that are no JSON": request(tools=[pb.Tool(name="a", parameters=PLANTED)]),
    "parameters of no object": request(tools=[pb.Tool(name="a", parameters='{"type": "array"}')]),
    "required, but no tool": request(PLANTED, tool_choice=pb.TOOL_CHOICE_REQUIRED),
    "a tool that is not there": request(
        tools=[CLOCK], tool_choice=pb.TOOL_CHOICE_REQUIRED, tool_name=PLANTED
    ),
    "arguments that are no JSON": request(
        messages=[pb.Message(role=pb.ROLE_ASSISTANT, tool_calls=[pb.ToolCall(arguments=PLANTED)])]
    ),
    "a megabyte": request(f"{PLANTED} " * 55_000),
}


@pytest.mark.parametrize("bad", BAD_INPUT.values(), ids=BAD_INPUT.keys())
def test_bad_input_is_refused_in_one_line_without_its_words(
    service: Service, bad: pb.GenerateRequest
) -> None:
    error = refusal(service, bad)
    assert isinstance(error, InvalidInput)
    assert error.message
    assert "\n" not in error.message
    assert PLANTED not in error.message + str(dict(error.metadata))


def test_a_prompt_that_is_too_long_is_told_by_how_much(service: Service) -> None:
    error = refusal(service, request("word " * 3000))
    assert error.reason == "PROMPT_TOO_LONG"
    assert error.metadata["context_tokens"] == "2048"
    assert "3" in error.message
    assert "2048" in error.message


def test_others_do_not_notice_a_megabyte(service: Service) -> None:
    async def both(stub: GeneratorStub) -> str:
        long = asyncio.create_task(ask(stub, request(), 30))
        for _ in range(5):
            with pytest.raises(AntiphonError):
                await ask(stub, BAD_INPUT["a megabyte"], 30)
        return (await long).text

    assert service.with_stub(both) == service.ask(request()).text


def test_no_word_of_a_caller_is_written_anywhere(
    service: Service, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level("DEBUG"):
        service.ask(request(PLANTED))
        for bad in BAD_INPUT.values():
            refusal(service, bad)
    written = capfd.readouterr()
    assert PLANTED not in caplog.text + written.out + written.err
