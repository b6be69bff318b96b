"""vLLM with real weights, in its own environment. The engine is the one that the contract tests ask too."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Coroutine
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

import pytest
from vllm.exceptions import VLLMValidationError
from vllm.sampling_params import RequestOutputKind
from vllm.v1.engine.async_llm import AsyncLLM
from vllm.v1.engine.exceptions import EngineDeadError, EngineGenerateError

from antiphon.diligence import UNKEPT, Diligence
from antiphon.errors import AntiphonError, InvalidInput, Misconfigured, Unavailable
from inference.llm.engine import Tool
from inference.llm.model import LanguageModel
from inference.llm.settings import LlmSettings
from inference.llm.token_engine import Choice, Constraint, Prompt, Step
from inference.llm.tokenizer import Tokenizer
from inference.llm.tool_calls import forced_tag, offered_tag
from inference.llm.vllm_engine import ASK_S, VllmEngine, engine_args, sampling_params
from tests.llm_service import Service, model_folder
from tests.virtual_time import run_virtual

SETTINGS = LlmSettings.model_validate({"engine": "vllm"})
GREEDY = Choice(0.0, 1.0, 0, 1.0, None, 16)
QUESTION = "<|im_start|>user\nWhat is the capital of France?<|im_end|>\n<|im_start|>assistant\n"
T = TypeVar("T")


class Running:
    """The engine on the service's loop, asked in text."""

    def __init__(self, service: Service) -> None:
        assert isinstance(service.engine, LanguageModel)
        engine = service.engine._engine
        assert isinstance(engine, VllmEngine)
        self.engine = engine
        self.tokenizer = Tokenizer(model_folder(SETTINGS))
        self.run = service.run

    def prompt(self, text: str = QUESTION) -> Prompt:
        return Prompt(tuple(asyncio.run(self.tokenizer.encode(text))))

    def ask(
        self, prompt: Prompt, choice: Choice = GREEDY, constraint: Constraint | None = None
    ) -> list[Step]:
        async def steps() -> list[Step]:
            return [step async for step in self.engine.generate(prompt, choice, constraint)]

        return self.run(steps())

    def text(self, steps: list[Step]) -> str:
        return self.tokenizer.decode(tokens_of(steps))


def tokens_of(steps: list[Step]) -> list[int]:
    return [token for step in steps for token in step.tokens]


@pytest.fixture
def running(vllm_service: Service) -> Running:
    return Running(vllm_service)


@pytest.mark.model
@pytest.mark.slow
def test_tokens_come_one_by_one_up_to_the_bound(running: Running) -> None:
    steps = running.ask(running.prompt(), Choice(0.0, 1.0, 0, 1.0, None, 4))
    assert [len(step.tokens) for step in steps] == [1, 1, 1, 1]
    assert [step.ended for step in steps] == ["", "", "", "length"]


@pytest.mark.model
@pytest.mark.slow
def test_an_end_token_ends_it_and_is_not_given_out(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = tokens_of(running.ask(running.prompt(), Choice(0.0, 1.0, 0, 1.0, None, 4)))
    # One that it is about to say: when the model comes to its own differs by the processor.
    monkeypatch.setattr(running.engine, "_end_tokens", frozenset(said[-1:]))
    steps = running.ask(running.prompt(), Choice(0.0, 1.0, 0, 1.0, None, 100))
    assert tokens_of(steps) == said[: said.index(said[-1])]
    assert steps[-1].ended == "stop"


@pytest.mark.model
@pytest.mark.slow
def test_what_was_read_before_is_cached_in_blocks(running: Running) -> None:
    prompt = running.prompt("The quick brown fox jumps over the lazy dog. " * 12)
    assert running.run(running.engine.warm(prompt)) == len(prompt.tokens) // 32 * 32
    steps = running.ask(prompt, Choice(0.0, 1.0, 0, 1.0, None, 1))
    assert 64 <= steps[0].cached_tokens < len(prompt.tokens)
    assert steps[0].cached_tokens % 32 == 0


@pytest.mark.model
@pytest.mark.slow
def test_closed_it_aborts_the_request_in_the_core(running: Running) -> None:
    prompt = running.prompt()

    async def unfinished_after_first_step() -> int:
        steps = running.engine.generate(prompt, Choice(1.0, 1.0, 0, 1.0, None, 1500))
        await anext(steps)
        await steps.aclose()
        left: int = running.engine._llm.get_num_unfinished_requests()
        return left

    assert running.run(unfinished_after_first_step()) == 0


@pytest.mark.model
@pytest.mark.slow
def test_a_seed_decides(running: Running) -> None:
    prompt = running.prompt()
    found = [
        running.text(running.ask(prompt, Choice(1.5, 1.0, 0, 1.0, seed, 12)))
        for seed in (7, 7, 2**64 - 1)
    ]
    assert found[0] == found[1] != found[2]


@pytest.mark.model
@pytest.mark.slow
@pytest.mark.parametrize(
    "schema", ['{"type": "strnig"}', '{"enum": []}', '{"type": "string", "pattern": "("}']
)
def test_a_schema_that_it_cannot_hold_to_is_the_callers_mistake(
    running: Running, schema: str
) -> None:
    with pytest.raises(InvalidInput, match="JSON schema") as caught:
        running.ask(running.prompt(), constraint=Constraint(json_schema=schema))
    assert caught.value.reason == "SCHEMA_UNUSABLE"
    assert schema not in caught.value.message


@pytest.mark.model
@pytest.mark.slow
def test_a_call_once_begun_is_to_a_tool_on_offer_and_valid(running: Running) -> None:
    # By these examples the model goes on with "get_weather" and a city; neither is on offer.
    call = '{"name": "get_weather", "parameters": {"city": "CITY"}}'
    example = f"Q: How is the weather in CITY?\nA: {call}\n"
    examples = "".join(example.replace("CITY", city) for city in ("Rome", "Paris", "London"))
    prompt = running.prompt(examples + "Q: How is the weather in Oslo?\nA:")
    day = {"type": "integer", "minimum": 1, "maximum": 31}
    schema = {"type": "object", "properties": {"day": day}, "required": ["day"]}
    tag = offered_tag([Tool("look_outside", "", schema | {"additionalProperties": False})])
    steps = running.ask(
        prompt, Choice(0.0, 1.0, 0, 1.0, None, 60), Constraint(structural_tag=json.dumps(tag))
    )
    written = json.loads(running.text(steps))
    assert written["name"] == "look_outside"
    assert isinstance(written["parameters"]["day"], int)
    assert steps[-1].ended == "stop"


@pytest.mark.model
@pytest.mark.slow
def test_free_text_stays_free_while_tools_are_on_offer(running: Running) -> None:
    constraint = Constraint(structural_tag=json.dumps(offered_tag([Tool("look", "", {})])))
    plain = running.text(running.ask(running.prompt()))
    assert running.text(running.ask(running.prompt(), constraint=constraint)) == plain


def test_options_are_our_settings() -> None:
    table = {
        "engine": "vllm",
        "vllm": {"dtype": "float16", "kv_cache_memory_bytes": 0, "quantization": "fp8"},
    }
    args = engine_args(Path("model"), 1234, LlmSettings.model_validate(table))
    assert (args.model, args.max_model_len, args.dtype) == ("model", 1234, "float16")
    assert (args.quantization, args.kv_cache_memory_bytes) == ("fp8", None)
    assert args.enable_prefix_caching is True
    assert args.enable_log_requests is False
    assert (args.max_num_batched_tokens, args.cudagraph_capture_sizes) == (None, None)


def test_options_of_a_card_are_our_settings() -> None:
    own = {"enforce_eager": False, "max_num_seqs": 12, "max_num_batched_tokens": 2048}
    settings = LlmSettings.model_validate({"engine": "vllm", "vllm": own})
    args = engine_args(Path("model"), 1234, settings)
    assert (args.enforce_eager, args.max_num_batched_tokens) == (False, 2048)
    assert args.cudagraph_capture_sizes == [1, 2, 4, 8, 12]


@pytest.mark.parametrize(
    ("setting", "is_cpu", "multiplies", "dtype"),
    [
        ("auto", True, True, "auto"),
        ("auto", True, False, "float32"),
        ("auto", False, False, "auto"),
        ("bfloat16", True, False, "bfloat16"),
    ],
)
def test_a_cpu_computes_in_what_it_can_multiply(
    monkeypatch: pytest.MonkeyPatch, setting: str, is_cpu: bool, multiplies: bool, dtype: str
) -> None:
    engine = "inference.llm.vllm_engine"
    monkeypatch.setattr(f"{engine}.current_platform.is_cpu", lambda: is_cpu)
    known = SimpleNamespace(_is_mkldnn_bf16_supported=lambda: multiplies)
    monkeypatch.setattr(f"{engine}.torch.ops.mkldnn", known)
    settings = LlmSettings.model_validate({"engine": "vllm", "vllm": {"dtype": setting}})
    assert engine_args(Path("model"), 100, settings).dtype == dtype


def test_parameters_are_the_choice() -> None:
    params = sampling_params(Choice(0.5, 0.9, 40, 1.1, 3, 99), [2, 5], None)
    assert (params.temperature, params.top_p, params.top_k) == (0.5, 0.9, 40)
    assert (params.repetition_penalty, params.seed, params.max_tokens) == (1.1, 3, 99)
    assert params.stop_token_ids == [2, 5]
    assert params.detokenize is False
    assert params.output_kind is RequestOutputKind.DELTA
    assert params.structured_outputs is None


def test_a_constraint_is_a_schema_or_a_tag() -> None:
    of_schema = sampling_params(GREEDY, [2], Constraint(json_schema="{}")).structured_outputs
    assert of_schema is not None
    assert of_schema.json == "{}"
    tag = json.dumps(forced_tag([Tool("look", "", {})]))
    of_tag = sampling_params(GREEDY, [2], Constraint(structural_tag=tag)).structured_outputs
    assert of_tag is not None
    assert of_tag.structural_tag == tag


class FakeLlm:
    """An `AsyncLLM` whose core fails with `error`, or dies when told to."""

    def __init__(self, error: Exception | None = None) -> None:
        self._error = error
        self.dying = asyncio.Event()
        self.output_handler = asyncio.get_running_loop().create_task(self._read())
        self.shut_down: list[float] = []
        self.answering = asyncio.Event()
        self.answering.set()

    async def _read(self) -> None:
        await self.dying.wait()

    async def generate(self, *_: Any, **__: Any) -> AsyncGenerator[Any, None]:
        if self._error:
            raise self._error
        yield

    async def is_sleeping(self) -> bool:
        await self.answering.wait()
        if self.dying.is_set():
            raise EngineDeadError
        return False

    def shutdown(self, timeout: float) -> None:
        self.shut_down.append(timeout)


def with_fake(
    monkeypatch: pytest.MonkeyPatch,
    use: Callable[[VllmEngine, FakeLlm, list[str]], Coroutine[Any, Any, T]],
    error: Exception | None = None,
    diligence: Diligence = UNKEPT,
    run: Callable[[Coroutine[Any, Any, T]], T] = asyncio.run,
) -> T:
    """Run `use` with an engine over a fake core, and the list into which its death is reported."""

    async def main() -> T:
        llm, deaths = FakeLlm(error), list[str]()
        monkeypatch.setattr(AsyncLLM, "from_engine_args", lambda _: llm)
        engine = VllmEngine(
            Path("model"), [2], 100, SETTINGS, lambda: deaths.append("died"), diligence
        )
        return await use(engine, llm, deaths)

    return run(main())


@pytest.mark.parametrize(
    ("error", "ours"),
    [
        (EngineDeadError(), Unavailable),
        (EngineGenerateError(), Unavailable),
        (VLLMValidationError("a caller's schema"), InvalidInput),
    ],
)
def test_its_failures_are_ours(
    monkeypatch: pytest.MonkeyPatch, error: Exception, ours: type[AntiphonError]
) -> None:
    async def use(engine: VllmEngine, llm: FakeLlm, deaths: list[str]) -> None:
        with pytest.raises(ours) as caught:
            await anext(engine.generate(Prompt((1,)), GREEDY))
        assert "a caller's schema" not in caught.value.message
        await engine.close()

    with_fake(monkeypatch, use, error)


def test_the_death_of_the_core_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    async def use(engine: VllmEngine, llm: FakeLlm, deaths: list[str]) -> None:
        await turns()
        assert deaths == []
        llm.dying.set()
        await turns()
        assert deaths == ["died"]

    with_fake(monkeypatch, use)


def test_a_core_that_hangs_is_noticed_and_one_that_answers_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    diligence = Diligence(3)

    async def use(engine: VllmEngine, llm: FakeLlm, deaths: list[str]) -> None:
        for _ in range(9):
            await asyncio.sleep(ASK_S)
            assert not diligence.tick()
        llm.answering.clear()
        await asyncio.sleep(ASK_S)
        assert [diligence.tick() for _ in range(3)] == [False, False, True]
        llm.dying.set()
        llm.answering.set()
        await turns()
        assert not diligence.tick()
        assert engine._asking.exception() is None

    with_fake(monkeypatch, use, diligence=diligence, run=run_virtual)


def test_closing_is_no_death(monkeypatch: pytest.MonkeyPatch) -> None:
    async def use(engine: VllmEngine, llm: FakeLlm, deaths: list[str]) -> None:
        await engine.close()
        await turns()
        assert len(llm.shut_down) == 1
        assert deaths == []

    with_fake(monkeypatch, use)


async def turns() -> None:
    """Let every task run until it waits."""
    for _ in range(5):
        await asyncio.sleep(0)


def test_a_model_that_it_cannot_load_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="vLLM cannot start with the model in"):
        VllmEngine(tmp_path, [2], 100, SETTINGS, lambda: None)
