from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from antiphon.diligence import Diligence
from antiphon.errors import Misconfigured
from antiphon.settings import load
from inference.llm import loading
from inference.llm.engine import Capability
from inference.llm.loading import Loaded, load_engine, load_model, try_out
from inference.llm.model import LanguageModel
from inference.llm.settings import LlmSettings
from models.settings import ModelsSettings
from tests.inference.llm.fake_token_engine import ALL, FakeTokenEngine
from tests.inference.llm.small_model import write_model
from tests.llm_service import model_folder


def settings(**table: Any) -> LlmSettings:
    return LlmSettings.model_validate(table)


def nothing() -> None:
    """Nobody is told that the engine died."""


def load_closed(table: LlmSettings, models: ModelsSettings) -> Loaded:
    async def main() -> Loaded:
        loaded = await load_engine(table, models, nothing)
        await loaded.engine.close()
        return loaded

    return asyncio.run(main())


@pytest.fixture
def vllm(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """A stand-in for the module that imports vLLM; returns what its engine is made with."""
    made: list[tuple[Any, ...]] = []

    def make(*arguments: Any) -> FakeTokenEngine:
        made.append(arguments)
        return FakeTokenEngine([1, 2], name="vllm")

    module = ModuleType("inference.llm.vllm_engine")
    module.VllmEngine = make  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return made


def test_the_simulated_engine_needs_no_model(tmp_path: Path) -> None:
    loaded = load_closed(settings(engine="simulated"), ModelsSettings(dir=tmp_path))
    assert loaded.info.simulated
    assert (loaded.info.engine, loaded.info.model) == ("simulated", "simulated")
    assert set(loaded.info.capabilities) == set(loaded.engine.capabilities)


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="models pull smollm2-135m-instruct-ct2"):
        load_closed(settings(), ModelsSettings(dir=tmp_path))


@pytest.mark.model
def test_the_default_is_loaded_tried_and_described() -> None:
    model_folder(settings())
    info = load_closed(settings(), load("models", ModelsSettings)).info
    assert (info.engine, info.licence) == ("ctranslate2", "Apache-2.0")
    assert info.model == "smollm2-135m-instruct-ct2"
    assert len(info.revision) == 12
    assert not info.simulated


def test_vllm_is_given_the_smaller_context(tmp_path: Path, vllm: list[tuple[Any, ...]]) -> None:
    folder = write_model(tmp_path, context_tokens=300)
    table = settings(engine="vllm", context_tokens=1000)
    died: Callable[[], None] = nothing
    diligence = Diligence(3)
    assert load_model(folder, table, died, diligence).name == "vllm"
    assert vllm == [(folder, (257,), 300, table, died, diligence)]


def test_of_ctranslate2_a_hung_worker_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[tuple[Any, ...]] = []

    def make(*arguments: Any) -> FakeTokenEngine:
        made.append(arguments)
        return FakeTokenEngine([1])

    monkeypatch.setattr("inference.llm.ct2_engine.Ct2Engine", make)
    diligence = Diligence(3)
    load_model(write_model(tmp_path), settings(), nothing, diligence)
    assert made[0][-1] is diligence


@pytest.mark.parametrize(
    ("capabilities", "requests"), [(ALL, 2), (frozenset({Capability.PREFIX_CACHE}), 1)]
)
def test_it_is_tried_with_each_kind_of_request(
    tmp_path: Path,
    vllm: list[tuple[Any, ...]],
    capabilities: frozenset[Capability],
    requests: int,
) -> None:
    model = load_model(write_model(tmp_path), settings(engine="vllm"), nothing)
    model.capabilities = capabilities
    asyncio.run(try_out(model))
    engine = model._engine
    assert isinstance(engine, FakeTokenEngine)
    assert len(engine.asked) == requests
    assert [constraint is None for _, _, constraint in engine.asked] == [True, False][:requests]


@pytest.mark.parametrize("eager", [False, True])
def test_an_engine_that_serves_has_read_a_full_context_before(
    tmp_path: Path, vllm: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch, eager: bool
) -> None:
    folder = write_model(tmp_path, context_tokens=300)
    shelf = SimpleNamespace(
        path=lambda _: folder,
        revision=lambda _: "1",
        catalogue=SimpleNamespace(entry=lambda _: SimpleNamespace(licence="MIT")),
    )
    monkeypatch.setattr(loading, "open_store", lambda _: shelf)
    table = settings(engine="vllm", vllm={"enforce_eager": eager})
    loaded = load_closed(table, ModelsSettings(dir=tmp_path))
    assert isinstance(loaded.engine, LanguageModel)
    engine = loaded.engine._engine
    assert isinstance(engine, FakeTokenEngine)
    lengths = [len(prompt.tokens) for prompt in engine.warmed]
    assert lengths == ([] if eager else [299])
    drawn = [choice.temperature > 0 for _, choice, _ in engine.asked]
    assert any(drawn) is not eager


def test_a_card_that_will_not_do_is_refused_before_the_model_is_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(need: object) -> None:
        raise Misconfigured("the card is too small")

    monkeypatch.setattr(loading, "require", refuse)
    with pytest.raises(Misconfigured, match="too small"):
        load_closed(settings(engine="vllm"), ModelsSettings(dir=tmp_path))
