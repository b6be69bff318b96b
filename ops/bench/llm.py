"""`antiphon bench llm`: what our service adds to vLLM, and vLLM alone beside it.

An overhead is paired: for one request, the client's time minus the time in the engine that the
servicer reports for it in its trailers. To be in the engine begins when the prompt's tokens are
handed over; so the template, the tokenizer, the wire and the wait for a free slot are all overhead.
Then, in the same call, vLLM alone answers the same requests in as many streams: were time of ours
hidden in what is reported as the engine's, the two would differ.

`ttft_overhead_at_once_ms`, for information, is of requests that arrive in the same moment: they wait for
each other in our process and in the client.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from antiphon.channel import connect
from antiphon.v1.generator_pb2_grpc import GeneratorStub
from models.store import open_store
from ops.bench.bench import Bench, Engines, Options, Result
from ops.bench.figures import percentiles, rounded
from ops.bench.language.alone import engine_alone
from ops.bench.language.load import (
    MAX_TOKENS,
    STREAMS,
    Answered,
    at_once,
    in_streams,
    numbers,
    summary,
)
from ops.bench.language.served import Served, serve_one
from ops.bench.services import Running, running

# Enough for a median, of answers of two tokens.
ROUNDS_AT_ONCE = 6
FIRST_AT_ONCE = 100_000  # no other load asks these questions


@dataclass(frozen=True, slots=True)
class Measured:
    """By number of streams: a load of callers, and as many requests in the same moment."""

    loads: dict[int, Answered[Served]]
    at_once: dict[int, list[Served]]


async def run(options: Options) -> Result:
    """Measure the language model."""
    if options.engines is Engines.SIMULATED:
        async with running("llm", llm={"engine": "simulated"}) as services:
            measured = await _measure(services, options)
        return Result(_figures(measured), {**_context(options), "simulated": True})
    async with running("llm", llm={"engine": "vllm"}) as services:
        measured = await _measure(services, options)
        settings = services.settings
    options.progress.note("vLLM alone: starting, then the same requests")
    folder = open_store(settings.models).path(settings.llm.model)
    python, threads = settings.supervisor.vllm, settings.llm.threads
    alone = await engine_alone(python, folder, threads, options.limit)
    figures = _figures(measured) | {"engine_alone": _rounded(alone)}
    context = {"engine": "vllm", "model": settings.llm.model, "threads": threads}
    return Result(figures, {**_context(options), **context})


async def _measure(services: Running, options: Options) -> Measured:
    measured = Measured({}, {})
    async with connect(services["llm"]) as channel:
        stub = GeneratorStub(channel)
        for streams in options.progress.over("loads", STREAMS):
            asked = numbers(streams, options.limit)
            measured.loads[streams] = await in_streams(
                streams, asked, lambda number: serve_one(stub, number)
            )
        for streams in options.progress.over("at once", STREAMS):
            first = FIRST_AT_ONCE * streams
            asked = range(first, first + ROUNDS_AT_ONCE * streams)
            measured.at_once[streams] = await at_once(
                streams, asked, lambda number: serve_one(stub, number, max_tokens=2)
            )
    return measured


def _figures(measured: Measured) -> dict[str, Any]:
    by_streams = {streams: load.answers for streams, load in measured.loads.items()}
    told = {
        streams: summary([one.client for one in load.answers], load.seconds)
        for streams, load in measured.loads.items()
    }
    return {
        "ttft_overhead_ms": _overheads(by_streams, lambda one: one.ttft_overhead_ms),
        "itl_overhead_ms": _overheads(by_streams, lambda one: one.itl_overhead_ms),
        "ttft_overhead_at_once_ms": _overheads(measured.at_once, lambda one: one.ttft_overhead_ms),
        "served": _rounded(told),
    }


def _overheads(
    by_streams: Mapping[int, Sequence[Served]], overhead: Callable[[Served], float]
) -> dict[int, dict[str, float]]:
    return {streams: percentiles(map(overhead, answers)) for streams, answers in by_streams.items()}


def _rounded(told: dict[Any, dict[str, float]]) -> dict[Any, dict[str, float]]:
    return {
        streams: {name: rounded(value) for name, value in figures.items()}
        for streams, figures in told.items()
    }


def _context(options: Options) -> dict[str, Any]:
    requests: Sequence[int] = [len(numbers(n, options.limit)) - n for n in STREAMS]
    return {"requests": dict(zip(STREAMS, requests, strict=True)), "max_tokens": MAX_TOKENS}


BENCH = Bench("the language model: what our service adds to vLLM, at 1, 2, 4, 8 streams", run)
