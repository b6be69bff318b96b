"""What the model writes, as OpenAI's completions."""

from __future__ import annotations

from antiphon.v1 import generator_pb2 as pb
from server.http.openai.chat_answer import Answer

USAGE = pb.Usage(prompt_tokens=9, cached_tokens=4, completion_tokens=2)
CALL = pb.GenerateResponse(tool_call=pb.ToolCall(id="c1", name="f", arguments="{}"))


def text(words: str) -> pb.GenerateResponse:
    return pb.GenerateResponse(text=pb.TextDelta(text=words))


def finish(reason: pb.FinishReason = pb.FINISH_REASON_STOP) -> pb.GenerateResponse:
    return pb.GenerateResponse(finish=pb.Finish(reason=reason, usage=USAGE))


def test_by_pieces() -> None:
    answer = Answer("gpt", with_usage=True)
    chunks = [answer.begin()]
    for response in (text("Hi"), CALL, CALL, finish(pb.FINISH_REASON_TOOL_CALLS)):
        chunks += answer.chunks(response)
    assert {chunk.id for chunk in chunks} == {chunks[0].id}
    begin, words, first, second, end, usage = chunks
    assert begin.choices[0].delta.role == "assistant"
    assert words.choices[0].delta.content == "Hi"
    calls = [chunk.choices[0].delta.tool_calls for chunk in (first, second)]
    assert [(call[0].index, call[0].id) for call in calls if call] == [(0, "c1"), (1, "c1")]
    assert end.choices[0].finish_reason == "tool_calls"
    assert usage.choices == [] and usage.usage is not None
    assert usage.usage.total_tokens == 11
    assert all(chunk.usage is None for chunk in chunks[:-1])


def test_usage_is_told_where_it_is_asked_for() -> None:
    assert len(list(Answer("x").chunks(finish()))) == 1


def test_as_a_whole() -> None:
    told = Answer("gpt").whole([text("One "), text("two."), finish(pb.FINISH_REASON_LENGTH)])
    (choice,) = told.choices
    assert (choice.message.content, choice.finish_reason) == ("One two.", "length")
    assert choice.message.tool_calls is None
    assert told.model == "gpt" and told.usage is not None
    assert told.usage.prompt_tokens_details is not None
    assert told.usage.prompt_tokens_details.cached_tokens == 4


def test_a_call_as_a_whole() -> None:
    told = Answer("gpt").whole([CALL, finish(pb.FINISH_REASON_TOOL_CALLS)])
    message = told.choices[0].message
    assert message.content is None and message.tool_calls is not None
    assert [call.id for call in message.tool_calls] == ["c1"]


def test_nothing_said_is_an_empty_text() -> None:
    assert Answer("gpt").whole([finish()]).choices[0].message.content == ""
