from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from antiphon.errors import Exhausted, InvalidInput, Unsupported
from inference.llm import model as module
from inference.llm.engine import (
    Capability,
    Event,
    Finish,
    FinishReason,
    Message,
    Request,
    Role,
    Sampling,
    TextDelta,
    Tool,
    ToolCall,
    ToolChoice,
)
from inference.llm.model import SHORT_TOKENS, Bounds, LanguageModel, doublings
from inference.llm.model_folder import read_defaults
from inference.llm.prompt import load_template
from inference.llm.token_engine import Choice
from inference.llm.tokenizer import Tokenizer
from tests.inference.llm.fake_token_engine import ALL, FakeTokenEngine
from tests.inference.llm.small_model import TEMPLATE, TOOLS_TEMPLATE, write_model

HELLO = (Message(Role.USER, "hello"),)
CLOCK = Tool("get_time", "The time", {"type": "object"})
CALL = '{"name": "get_time", "parameters": {"zone": 1}}'


class Bench:
    """A language model over a fake engine that says `text`."""

    def __init__(
        self, folder: Path, text: str, template: str = TEMPLATE, waiting: int = 0, **engine: Any
    ) -> None:
        write_model(folder, template=template)
        self.tokenizer = Tokenizer(folder)
        says = asyncio.run(self.tokenizer.encode(text))
        self.engine = FakeTokenEngine(says, **engine)
        self.model = LanguageModel(
            self.engine,
            self.tokenizer,
            load_template(folder, self.tokenizer.special_tokens),
            read_defaults(folder),
            Bounds(context_tokens=400, max_tokens=50, max_waiting=waiting),
        )

    def ask(self, request: Request) -> list[Event]:
        async def all_of() -> list[Event]:
            return [event async for event in self.model.generate(request)]

        return asyncio.run(all_of())

    @property
    def choice(self) -> Choice:
        """How the engine was asked to choose, the last time."""
        return self.engine.asked[-1][1]


def text_of(events: list[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def finish(events: list[Event]) -> Finish:
    assert isinstance(events[-1], Finish)
    return events[-1]


def test_text_comes_out_as_the_engine_writes_it(tmp_path: Path) -> None:
    events = Bench(tmp_path, "né").ask(Request(HELLO))
    assert [event.text for event in events if isinstance(event, TextDelta)] == ["n", "é"]
    end = finish(events)
    assert end.reason is FinishReason.STOP
    prompt = len("<|start|>user\nhello<|end|>\n<|start|>assistant\n") - 2 * 9 - 7 + 3
    assert (end.usage.prompt_tokens, end.usage.cached_tokens) == (prompt, 3)
    assert end.usage.completion_tokens == 3


def test_the_prompt_is_the_models_own(tmp_path: Path) -> None:
    bench = Bench(tmp_path, "x")
    bench.ask(Request(HELLO))
    ((prompt, _, constraint),) = bench.engine.asked
    assert bench.tokenizer.decode(prompt.tokens) == "user\nhello\nassistant\n"
    assert constraint is None


def test_what_is_not_said_is_the_makers_choice_and_ours(tmp_path: Path) -> None:
    bench = Bench(tmp_path, "x")
    bench.ask(Request(HELLO))
    assert bench.choice == Choice(0.7, 0.9, 0, 1.0, None, 50)


def test_what_is_said_is_kept_to_what_there_is(tmp_path: Path) -> None:
    bench = Bench(tmp_path, "x")
    bench.ask(Request(HELLO, Sampling(0, 0.5, 10**6, 2, 9, max_tokens=10**6)))
    prompt_tokens = len(bench.engine.asked[0][0].tokens)
    assert bench.choice == Choice(0, 0.5, 0, 2, 9, 400 - prompt_tokens)


def test_a_stop_text_stops_the_engine(tmp_path: Path) -> None:
    bench = Bench(tmp_path, "hello, world")
    events = bench.ask(Request(HELLO, Sampling(stop=("lo",))))
    assert text_of(events) == "hel"
    assert bench.engine.stopped_after == 5


def test_closing_it_stops_the_engine_and_frees_its_slot(tmp_path: Path) -> None:
    bench = Bench(tmp_path, "hello, world")

    async def two() -> None:
        for _ in range(2):
            async with aclosing(bench.model.generate(Request(HELLO))) as events:
                await anext(events)

    asyncio.run(two())
    assert bench.engine.stopped_after == 1


def _interrupted(bench: Bench, guest: Request) -> tuple[list[Event], list[Event]]:
    """Return what is answered to a guest, and to a caller who asks when three tokens were written."""

    async def caller() -> list[Event]:
        return [event async for event in bench.model.generate(Request(HELLO))]

    async def both() -> tuple[list[Event], list[Event]]:
        async with aclosing(bench.model.generate(guest)) as written:
            told = [await anext(written) for _ in range(3)]
            calling = asyncio.create_task(caller())
            for _ in range(9):  # until it waits
                await asyncio.sleep(0)
            told += [event async for event in written]
        return told, await calling

    return asyncio.run(both())


@pytest.mark.parametrize("sampling", [Sampling(), Sampling(temperature=0, seed=1)])
def test_a_guest_steps_aside_for_a_conversation_and_goes_on_with_what_it_has(
    tmp_path: Path, sampling: Sampling
) -> None:
    bench = Bench(tmp_path, "hello, world", waiting=1, goes_on=True)
    of_guest, of_caller = _interrupted(bench, Request(HELLO, sampling, guest=True))
    assert text_of(of_guest) == text_of(of_caller) == "hello, world"
    usage = finish(of_guest).usage
    assert usage.completion_tokens == len("hello, world")
    (first, whole, _), (caller, _, _), (rest, left, _) = bench.engine.asked
    assert (caller, first.shared) == (first, rest.shared)
    said = rest.tokens[len(first.tokens) :]
    assert bench.tokenizer.decode(said) == "hel"
    assert left.max_tokens == whole.max_tokens - len(said)


def test_guests_take_turns_and_each_goes_on_with_what_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "GUEST_TURN_TOKENS", 5)
    bench = Bench(tmp_path, "hello, world", waiting=1, goes_on=True)

    async def guest() -> str:
        events = []
        async for event in bench.model.generate(Request(HELLO, guest=True)):
            events.append(event)
            await asyncio.sleep(0)
        return text_of(events)

    async def both() -> list[str]:
        return [*await asyncio.gather(guest(), guest())]

    assert asyncio.run(both()) == ["hello, world"] * 2
    prompt = len(bench.engine.asked[0][0].tokens)
    begun = [len(asked[0].tokens) - prompt for asked in bench.engine.asked]
    assert begun == [0, 0, 5, 5, 10, 10]


@pytest.mark.parametrize(
    "more",
    [
        {"guest": False},
        # Held to a schema, or with a seed, it could not go on as it began.
        {"guest": True, "json_schema": {}},
        {"guest": True, "sampling": Sampling(seed=1)},
        # It has all that it may have.
        {"guest": True, "sampling": Sampling(max_tokens=3)},
    ],
)
def test_what_cannot_go_on_is_not_interrupted(tmp_path: Path, more: dict[str, Any]) -> None:
    bench = Bench(tmp_path, "hello, world", waiting=1, goes_on=True)
    of_guest, _ = _interrupted(bench, Request(HELLO, **more))
    assert text_of(of_guest).startswith("hel")
    assert len(bench.engine.asked) == 2


@pytest.mark.parametrize(("chars", "said"), [(370, "the prompt is 4"), (9000, "at least")])
def test_a_prompt_that_does_not_fit_is_refused(tmp_path: Path, chars: int, said: str) -> None:
    bench = Bench(tmp_path, "x")
    messages = (Message(Role.SYSTEM, "y" * 40), Message(Role.USER, "x" * chars))
    with pytest.raises(InvalidInput, match=said):
        bench.ask(Request(messages))
    assert not bench.engine.asked


def test_when_it_is_full_it_says_so(tmp_path: Path) -> None:
    bench = Bench(tmp_path, "x", hold=asyncio.Event())

    async def two() -> None:
        first = asyncio.create_task(anext(bench.model.generate(Request(HELLO))))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        with pytest.raises(Exhausted):
            await anext(bench.model.generate(Request(HELLO)))
        assert await bench.model.warm(HELLO, ()) == 0
        assert bench.engine.hold
        bench.engine.hold.set()
        await first

    asyncio.run(two())


def test_a_schema_reaches_the_engine(tmp_path: Path) -> None:
    bench = Bench(tmp_path, "{}")
    assert text_of(bench.ask(Request(HELLO, json_schema={"type": "object"}))) == "{}"
    constraint = bench.engine.asked[0][2]
    assert constraint
    assert json.loads(constraint.json_schema) == {"type": "object"}


def test_a_forced_call_is_held_to_its_form(tmp_path: Path) -> None:
    bench = Bench(tmp_path, CALL)
    events = bench.ask(Request(HELLO, tools=(CLOCK,), tool_choice=ToolChoice.REQUIRED))
    assert [(e.name, e.arguments) for e in events if isinstance(e, ToolCall)] == [
        ("get_time", '{"zone": 1}')
    ]
    assert finish(events).reason is FinishReason.TOOL_CALLS
    prompt, _, constraint = bench.engine.asked[0]
    assert constraint
    assert json.loads(constraint.structural_tag)["format"]["type"] == "or"
    assert "You can call these tools" in bench.tokenizer.decode(prompt.tokens)


def test_only_the_named_tool_is_on_offer(tmp_path: Path) -> None:
    bench = Bench(tmp_path, CALL)
    other = Tool("get_weather", "", {"type": "object"})
    bench.ask(Request(HELLO, Sampling(), (CLOCK, other), ToolChoice.REQUIRED, "get_time"))
    assert "get_weather" not in str(bench.engine.asked[0])


def test_an_offered_tool_leaves_the_answer_free(tmp_path: Path) -> None:
    bench = Bench(tmp_path, "Hello.", TOOLS_TEMPLATE)
    assert Capability.TOOLS in bench.model.capabilities
    events = bench.ask(Request(HELLO, tools=(CLOCK,), tool_choice=ToolChoice.AUTO))
    assert text_of(events) == "Hello."
    constraint = bench.engine.asked[0][2]
    assert constraint
    assert json.loads(constraint.structural_tag)["format"]["type"] == "triggered_tags"


def test_without_grammars_a_call_is_still_found(tmp_path: Path) -> None:
    bench = Bench(tmp_path, CALL, TOOLS_TEMPLATE, capabilities=frozenset())
    events = bench.ask(Request(HELLO, tools=(CLOCK,), tool_choice=ToolChoice.AUTO))
    assert [type(event) for event in events] == [ToolCall, Finish]
    assert bench.engine.asked[0][2] is None


def test_tools_that_may_not_be_called_are_not_in_the_prompt(tmp_path: Path) -> None:
    bench = Bench(tmp_path, "x", TOOLS_TEMPLATE)
    bench.ask(Request(HELLO, tools=(CLOCK,)))
    assert "get_time" not in bench.tokenizer.decode(bench.engine.asked[0][0].tokens)


def test_a_template_without_tools_lacks_the_capability(tmp_path: Path) -> None:
    bench = Bench(tmp_path, "x")
    assert bench.model.capabilities == ALL
    with pytest.raises(Unsupported, match="template"):
        bench.ask(Request(HELLO, tools=(CLOCK,), tool_choice=ToolChoice.AUTO))


@pytest.mark.parametrize("keeps", [True, False])
def test_instructions_are_told_to_an_engine_that_keeps_them(tmp_path: Path, keeps: bool) -> None:
    bench = Bench(tmp_path, "x", keeps_instructions=keeps)
    bench.ask(Request((Message(Role.SYSTEM, "Be kind."), *HELLO)))
    prompt = bench.engine.asked[0][0]
    shared = bench.tokenizer.decode(prompt.tokens[: prompt.shared])
    assert shared == ("system\nBe kind.\n" if keeps else "")


def test_a_template_that_writes_them_otherwise_shares_nothing(tmp_path: Path) -> None:
    bench = Bench(tmp_path, "x", "{{ messages | length }}{{ messages[0].content }}")
    bench.ask(Request((Message(Role.SYSTEM, "Be kind."), *HELLO)))
    assert bench.engine.asked[0][0].shared == 0


def test_warming_reads_the_conversation_so_far(tmp_path: Path) -> None:
    bench = Bench(tmp_path, "x")
    cached = asyncio.run(bench.model.warm(HELLO, ()))
    (prompt,) = bench.engine.warmed
    assert bench.tokenizer.decode(prompt.tokens) == "user\nhello\n"
    assert cached == len(prompt.tokens)


def test_an_engine_without_a_cache_is_not_warmed(tmp_path: Path) -> None:
    bench = Bench(tmp_path, "x", capabilities=frozenset())
    assert asyncio.run(bench.model.warm(HELLO, ())) == 0
    assert not bench.engine.warmed


def test_closing_it_closes_the_engine(tmp_path: Path) -> None:
    bench = Bench(tmp_path, "x")
    asyncio.run(bench.model.close())
    assert bench.engine.closed


def test_it_is_filled_with_a_whole_context_and_then_with_ever_more_at_once(tmp_path: Path) -> None:
    bench = Bench(tmp_path, "a a a", slots=3)
    asyncio.run(bench.model.fill())
    (longest,) = bench.engine.warmed
    assert len(longest.tokens) == 399
    manners = [(0.0, 1.0, 0), (0.7, 0.9, 0), (0.7, 0.9, 40)]
    asked = [(one.temperature, one.top_p, one.top_k) for _, one, _ in bench.engine.asked]
    assert asked == [each for together in (1, 2, 3) for each in manners for _ in range(together)]
    assert {len(prompt.tokens) for prompt, _, _ in bench.engine.asked} == {SHORT_TOKENS}
    assert {choice.max_tokens for _, choice, _ in bench.engine.asked} == {2}


def test_what_is_filled_doubles_up_to_the_slots() -> None:
    assert [list(doublings(most)) for most in (1, 2, 24)] == [[1], [1, 2], [1, 2, 4, 8, 16, 24]]
