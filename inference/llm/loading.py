"""From settings to an engine that answers. Each engine's library is imported only where it is chosen."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path

from antiphon.diligence import UNKEPT, Diligence
from antiphon.v1 import common_pb2
from inference.card.language import llm_need
from inference.card.require import require
from inference.llm.engine import Capability, Engine, Message, Request, Role, Sampling
from inference.llm.model import Bounds, LanguageModel
from inference.llm.model_folder import ModelDefaults, read_defaults
from inference.llm.prompt import load_template
from inference.llm.settings import LlmSettings
from inference.llm.simulated_engine import SimulatedEngine
from inference.llm.token_engine import TokenEngine
from inference.llm.tokenizer import Tokenizer
from models.settings import ModelsSettings
from models.store import open_store


@dataclass(frozen=True, slots=True)
class Loaded:
    """An engine, and what GetInfo tells of it."""

    engine: Engine
    info: common_pb2.ServiceInfo


async def load_engine(
    settings: LlmSettings,
    models: ModelsSettings,
    on_death: Callable[[], None],
    diligence: Diligence = UNKEPT,
) -> Loaded:
    """Return the engine that `settings` choose, having answered once; blocks the loop while it loads.

    `on_death` is called if an engine with a process of its own loses it.
    """
    if settings.engine == "simulated":
        simulated = SimulatedEngine(settings)
        return Loaded(simulated, _info(simulated, settings.model, "", ""))
    require(lambda card: llm_need(settings, card))
    store = open_store(models)
    engine = load_model(store.path(settings.model), settings, on_death, diligence)
    await try_out(engine)
    if settings.engine == "vllm" and not settings.vllm.enforce_eager:
        await engine.fill()
    entry = store.catalogue.entry(settings.model)
    revision = store.revision(settings.model)
    return Loaded(engine, _info(engine, settings.model, revision, entry.licence))


def load_model(
    folder: Path,
    settings: LlmSettings,
    on_death: Callable[[], None],
    diligence: Diligence = UNKEPT,
) -> LanguageModel:
    """Return the model in `folder` on the engine that `settings` choose."""
    tokenizer = Tokenizer(folder)
    defaults = read_defaults(folder)
    template = load_template(folder, tokenizer.special_tokens)
    bounds = Bounds(
        context_tokens=min(settings.context_tokens, defaults.context_tokens),
        max_tokens=settings.max_tokens,
        max_waiting=settings.max_waiting,
    )
    engine = _token_engine(folder, tokenizer, defaults, bounds, settings, on_death, diligence)
    return LanguageModel(engine, tokenizer, template, defaults, bounds)


async def try_out(engine: Engine) -> None:
    """Answer a short request of each kind, so that no caller waits for what is made on first use.

    On vLLM the first answer takes 0.1 s longer than the next, and the first held to a schema 0.8 s.
    """
    sampling = Sampling(temperature=0, max_tokens=2)
    hello = Request((Message(Role.USER, "Hello"),), sampling)
    requests = [hello]
    if Capability.JSON_SCHEMA in engine.capabilities:
        requests.append(replace(hello, json_schema={"type": "object"}))
    for request in requests:
        async with aclosing(engine.generate(request)) as events:
            async for _ in events:
                pass


def _token_engine(
    folder: Path,
    tokenizer: Tokenizer,
    defaults: ModelDefaults,
    bounds: Bounds,
    settings: LlmSettings,
    on_death: Callable[[], None],
    diligence: Diligence,
) -> TokenEngine:
    if settings.engine == "vllm":
        from inference.llm.vllm_engine import VllmEngine

        return VllmEngine(
            folder, defaults.end_tokens, bounds.context_tokens, settings, on_death, diligence
        )
    from inference.llm.ct2_engine import Ct2Engine

    return Ct2Engine(folder, tokenizer, defaults.end_tokens, settings.threads, diligence)


def _info(engine: Engine, model: str, revision: str, licence: str) -> common_pb2.ServiceInfo:
    return common_pb2.ServiceInfo(
        engine=engine.name,
        model=model,
        revision=revision,
        licence=licence,
        capabilities=sorted(engine.capabilities),
        simulated=engine.simulated,
    )
