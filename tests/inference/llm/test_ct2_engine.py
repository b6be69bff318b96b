"""CTranslate2 with real weights: one token a step, stopped within one, instructions kept."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from antiphon.diligence import Diligence
from antiphon.errors import Misconfigured
from inference.llm.ct2_engine import MIN_TEMPERATURE, MIN_TOP_P, Ct2Engine
from inference.llm.model_folder import read_defaults
from inference.llm.settings import LlmSettings
from inference.llm.token_engine import Choice, Prompt, Step
from inference.llm.tokenizer import Tokenizer
from tests.inference.llm.small_model import write_model
from tests.llm_service import model_folder

SYSTEM = "<|im_start|>system\nYou are a helpful assistant of a clinic.<|im_end|>\n"
# Each of the next tokens is 0.95 likely or more: of two that are about as likely a processor chooses by how
# it rounds, which with AVX-512 differs by whether the instructions are kept.
COUNTING = "<|im_start|>assistant\nOne, two, three, four, five,"
QUESTION = f"<|im_start|>user\nCount to ten.<|im_end|>\n{COUNTING}"


@pytest.fixture(scope="module")
def folder() -> Path:
    return model_folder(LlmSettings.model_validate({}))


@pytest.fixture(scope="module")
def tokenizer(folder: Path) -> Tokenizer:
    return Tokenizer(folder)


def greedy(max_tokens: int) -> Choice:
    return Choice(0.0, 1.0, 0, 1.0, None, max_tokens)


async def steps_of(engine: Ct2Engine, prompt: Prompt, choice: Choice) -> list[Step]:
    return [step async for step in engine.generate(prompt, choice)]


@asynccontextmanager
async def opened(
    folder: Path, tokenizer: Tokenizer, end_tokens: Sequence[int] = ()
) -> AsyncIterator[Ct2Engine]:
    end_tokens = end_tokens or read_defaults(folder).end_tokens
    engine = Ct2Engine(folder, tokenizer, end_tokens, threads=1)
    try:
        yield engine
    finally:
        await engine.close()


Use = Callable[[Ct2Engine, Prompt], Awaitable[None]]


@pytest.fixture(scope="module")
def run(folder: Path, tokenizer: Tokenizer) -> Callable[[Use], None]:
    """Run a test's body with an engine and a prompt whose instructions are marked as shared."""

    def run(use: Use) -> None:
        async def main() -> None:
            shared = await tokenizer.encode(SYSTEM)
            tokens = (*shared, *await tokenizer.encode(QUESTION))
            async with opened(folder, tokenizer) as engine:
                await use(engine, Prompt(tokens, len(shared)))

        asyncio.run(main())

    return run


Run = Callable[[Use], None]


@pytest.mark.model
def test_one_token_a_step_up_to_the_bound(run: Run, tokenizer: Tokenizer) -> None:
    async def use(engine: Ct2Engine, prompt: Prompt) -> None:
        steps = await steps_of(engine, prompt, greedy(4))
        assert [len(step.tokens) for step in steps] == [1, 1, 1, 1]
        assert [step.ended for step in steps] == ["", "", "", "length"]
        again = await steps_of(engine, prompt, greedy(4))
        assert [step.tokens for step in again] == [step.tokens for step in steps]

    run(use)


@pytest.mark.model
def test_an_end_token_ends_it_and_is_not_given_out(
    run: Run, folder: Path, tokenizer: Tokenizer
) -> None:
    async def use(engine: Ct2Engine, prompt: Prompt) -> None:
        steps = await steps_of(engine, prompt, greedy(4))
        said = [token for step in steps for token in step.tokens]
        # One that it is about to say: when the model comes to its own differs by the processor.
        async with opened(folder, tokenizer, end_tokens=said[-1:]) as ended:
            steps = await steps_of(ended, prompt, greedy(100))
        before = said[: said.index(said[-1])]
        assert steps == [*(Step((token,)) for token in before), Step((), "stop")]

    run(use)


@pytest.mark.model
@pytest.mark.parametrize(
    "choice", [Choice(1.0, 0.9, 40, 1.2, None, 3), Choice(2.0, 1.0, 0, 1.0, None, 3)]
)
def test_it_samples(run: Run, choice: Choice) -> None:
    async def use(engine: Ct2Engine, prompt: Prompt) -> None:
        assert len(await steps_of(engine, prompt, choice)) in (1, 2, 3)

    run(use)


@pytest.mark.model
@pytest.mark.parametrize(
    ("temperature", "top_p"), [(1e-38, 1.0), (1e-44, 1.0), (1e-50, 1.0), (1.0, 1e-50)]
)
def test_what_is_too_small_for_float32_leaves_the_likeliest_token(
    run: Run, temperature: float, top_p: float
) -> None:
    async def use(engine: Ct2Engine, prompt: Prompt) -> None:
        likeliest = await steps_of(engine, prompt, greedy(4))
        choice = Choice(temperature, top_p, 0, 1.0, None, 4)
        assert await steps_of(engine, prompt, choice) == likeliest

    run(use)


@pytest.mark.model
@pytest.mark.parametrize(
    "choice",
    [Choice(MIN_TEMPERATURE, 1.0, 0, 1.0, None, 1), Choice(1.0, MIN_TOP_P, 0, 1.0, None, 1)],
)
def test_the_least_that_it_is_given_is_taken(run: Run, choice: Choice) -> None:
    async def use(engine: Ct2Engine, prompt: Prompt) -> None:
        assert len(await steps_of(engine, prompt, choice)) == 1

    run(use)


@pytest.mark.model
def test_closed_it_stops_within_a_token(run: Run) -> None:
    async def use(engine: Ct2Engine, prompt: Prompt) -> None:
        steps = engine.generate(prompt, greedy(1000))
        async with aclosing(steps):
            await anext(steps)
        # The one thread is free at once: 1000 tokens would take 15 s.
        async with asyncio.timeout(5):
            await steps_of(engine, prompt, greedy(1))

    run(use)


@pytest.mark.model
def test_a_failure_in_its_thread_is_raised(run: Run) -> None:
    async def use(engine: Ct2Engine, prompt: Prompt) -> None:
        with pytest.raises(ValueError, match=r"."):
            await steps_of(engine, prompt, Choice(1.0, 1.0, 10**6, 1.0, None, 1))

    run(use)


@pytest.mark.model
def test_instructions_that_come_again_are_kept(run: Run) -> None:
    async def use(engine: Ct2Engine, prompt: Prompt) -> None:
        found = [await steps_of(engine, prompt, greedy(3)) for _ in range(3)]
        assert [steps[0].cached_tokens for steps in found] == [0, 0, prompt.shared]
        assert len({tuple(step.tokens for step in steps) for steps in found}) == 1

    run(use)


@pytest.mark.model
def test_warmed_instructions_are_kept_at_once(run: Run) -> None:
    async def use(engine: Ct2Engine, prompt: Prompt) -> None:
        plain = await steps_of(engine, Prompt(prompt.tokens), greedy(3))
        alone = Prompt(prompt.tokens[: prompt.shared], prompt.shared)
        assert await engine.warm(alone) == prompt.shared
        assert await engine.warm(prompt) == prompt.shared
        steps = await steps_of(engine, prompt, greedy(3))
        assert steps[0].cached_tokens == prompt.shared
        assert [step.tokens for step in steps] == [step.tokens for step in plain]

    run(use)


@pytest.mark.model
def test_without_instructions_nothing_is_kept(run: Run) -> None:
    async def use(engine: Ct2Engine, prompt: Prompt) -> None:
        assert await engine.warm(Prompt(prompt.tokens)) == 0

    run(use)


def test_a_folder_without_a_model_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="CTranslate2 cannot load"):
        Ct2Engine(tmp_path, Tokenizer(write_model(tmp_path)), (1,), threads=1)


@pytest.mark.model
def test_a_broken_model_stops_the_start(folder: Path, tokenizer: Tokenizer, tmp_path: Path) -> None:
    for file in folder.iterdir():
        if file.name != "model.bin":
            (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "model.bin").write_bytes((folder / "model.bin").read_bytes()[:100_000])
    with pytest.raises(Misconfigured, match="CTranslate2 cannot load"):
        Ct2Engine(tmp_path, tokenizer, (2,), threads=1)


class Held:
    """A generator that writes a token each time it is let."""

    def __init__(self, *_: Any, **__: Any) -> None:
        self.let = threading.Semaphore(0)

    def generate_batch(self, *_: Any, max_length: int, callback: Any, **__: Any) -> None:
        for step in range(max_length):
            assert self.let.acquire(timeout=10)
            if callback(SimpleNamespace(token_id=1, step=step)):
                break


def test_an_engine_that_hangs_is_noticed_and_one_that_comes_on_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator, diligence = Held(), Diligence(3)
    monkeypatch.setattr("ctranslate2.Generator", lambda *_, **__: generator)
    tokens: Any = SimpleNamespace(names=lambda _: [])

    async def main() -> None:
        engine = Ct2Engine(tmp_path, tokens, [2], 1, diligence)
        steps = engine.generate(Prompt((1,)), greedy(20))
        for _ in range(9):
            generator.let.release()
            await anext(steps)
            assert not diligence.tick()
        # A caller who takes nothing meanwhile does not hang the engine; nor does one save it who goes.
        assert not any(diligence.tick() for _ in range(9))
        asked = asyncio.ensure_future(anext(steps))
        await asyncio.sleep(0)
        assert [diligence.tick() for _ in range(2)] == [False, False]
        asked.cancel()
        await asyncio.sleep(0)
        assert [diligence.tick() for _ in range(3)] == [False, False, True]
        generator.let.release()
        await asyncio.wait([asked])
        assert not diligence.tick()
        await engine.close()

    asyncio.run(main())
