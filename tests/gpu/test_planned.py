"""The engines on the card that is here, each a service as `antiphon plan` sets it, take what it said.

With the small models that are here in place of those that serve. What runs them are the interpreters of
[supervisor], whose packages must then be those for CUDA (`ops/locks/images`).
"""

from __future__ import annotations

import asyncio
import subprocess
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import pytest

from antiphon.channel import connect
from antiphon.errors import InvalidInput
from antiphon.settings import load
from antiphon.v1 import generator_pb2 as pb
from antiphon.v1.generator_pb2_grpc import GeneratorStub
from inference.card.card import Card
from inference.card.nvml import probe
from inference.card.part import total_mib
from models.catalogue import Attention, Catalogue, load_catalogue
from ops.bench.services import arranged
from ops.plan.cards import Known, card_named, card_of
from ops.plan.plan import MIB, Plan, plan
from ops.plan.request import Request
from ops.plan.written import settings
from ops.settings import SupervisorSettings
from tests.llm_service import LIMIT_S, ask
from tests.weights import weights

pytestmark = [pytest.mark.gpu, pytest.mark.model, pytest.mark.slow]
HEARING, MIND, VOICE = "whisper-base", "smollm2-135m-instruct", "en-us-joe-medium"
# Of SmolLM2-135M, which nobody plans with: the size of its weights in 16 bits, and its config.json.
MIND_MIB = 257
MIND_ATTENTION = Attention(layers=30, heads=3, head_dim=64)
# vLLM compiles, and captures its graphs.
START_S = 600
TORCH = "import torch; assert torch.cuda.is_available()"
ON_CUDA = {
    "asr": "import ctranslate2; assert ctranslate2.get_cuda_device_count()",
    "llm": f"from importlib.util import find_spec; assert find_spec('vllm'); {TORCH}",
    "tts": f"from importlib.util import find_spec; assert find_spec('TTS'); {TORCH}",
}
QUESTION = pb.GenerateRequest(
    messages=[pb.Message(role=pb.ROLE_USER, content="What is the capital of France?")],
    sampling=pb.Sampling(temperature=0, max_tokens=24),
)
# As the agent asks; together, once for the first time and once again.
SAMPLED = pb.GenerateRequest(
    messages=QUESTION.messages, sampling=pb.Sampling(temperature=0.7, top_p=0.9, max_tokens=24)
)
TOGETHER = 8
# What is compiled for the first holds them up 1.9 s, thirty times as long as they take.
HELD_UP = 4.0


@dataclass(frozen=True)
class Served:
    """How much of the card was free while services were warm, and what `TOGETHER` callers waited for."""

    free_mib: int
    first_s: float
    again_s: float


@pytest.fixture(scope="module")
def planned(card: Card) -> Plan:
    entries = {entry.name: entry for entry in load_catalogue()}
    known = {"memory_mib": {"gpu": MIND_MIB}, "attention": MIND_ATTENTION}
    entries[MIND] = entries[MIND].model_copy(update=known)
    request = Request(language_model=MIND, recognition=HEARING)
    return plan(as_known(card), request, Catalogue(entries))


def as_known(card: Card) -> Known:
    try:
        return card_named(card.name)
    except InvalidInput:
        return card_of(card.memory_mib / 1024)


def need(name: str) -> None:
    """Skip the test where the interpreter of a service computes nothing on the card."""
    own = load("supervisor", SupervisorSettings)
    python = {"asr": own.main, "llm": own.vllm, "tts": own.tts}[name]
    asked = [str(python), "-c", ON_CUDA[name]]
    if not python.exists() or subprocess.run(asked, capture_output=True, check=False).returncode:
        pytest.skip(f"[{name}] has no packages for CUDA in {python}")


def tables(planned: Plan) -> dict[str, Any]:
    written = settings(planned, seats=False)
    return {
        "profile": "gpu",
        **written,
        "tts": {**written["tts"], "model": VOICE},
        "supervisor": {"start_timeout_s": START_S},
    }


async def served(names: tuple[str, ...], planned: Plan) -> Served:
    """Serve `names`, and ask the model once it is warm."""
    async with arranged(names, tables(planned)) as services:
        own = services.settings.llm.vllm
        assert (own.enforce_eager, own.gpu_memory_utilization) == (False, planned.share)
        async with connect(services["llm"]) as channel:
            stub = GeneratorStub(channel)
            assert (await ask(stub, QUESTION, LIMIT_S)).text
            first_s, again_s = [await together_s(stub) for _ in range(2)]
        now = probe()
        assert now is not None
        return Served(now.free_mib, first_s, again_s)


async def together_s(stub: GeneratorStub) -> float:
    started = perf_counter()
    await asyncio.gather(*(ask(stub, SAMPLED, LIMIT_S) for _ in range(TOGETHER)))
    return perf_counter() - started


@pytest.mark.parametrize("names", [("llm",), ("asr", "llm", "tts")], ids="-".join)
def test_what_is_taken_is_what_is_planned(
    names: tuple[str, ...], card: Card, planned: Plan, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in names:
        need(name)
    for model in (*planned.models[:-1], VOICE):
        weights(model)
    found = asyncio.run(served(names, planned))
    took = card.free_mib - found.free_mib
    cache_mib = planned.cache_bytes // MIB
    most = cache_mib + sum(total_mib(planned.parts[name]) for name in names)
    # What is counted beside these is what an 8B computes a step with: of that a small model leaves any part.
    least = cache_mib + MIND_MIB
    with capsys.disabled():
        print(
            f"\n{' '.join(names)}: {took} MiB taken, planned {most}, of them {cache_mib} for the cache; "
            f"{TOGETHER} at once {found.first_s:.2f} s, again {found.again_s:.2f} s"
        )
    assert least <= took <= most
    assert found.first_s <= HELD_UP * found.again_s
