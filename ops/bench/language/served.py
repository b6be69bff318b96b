"""One request to our service, timed on both sides of the wire."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from antiphon.errors import Unavailable
from antiphon.timing import Timing, from_trailers
from antiphon.v1 import generator_pb2 as pb
from antiphon.v1.generator_pb2_grpc import GeneratorStub
from ops.bench.language.load import INSTRUCTIONS, MAX_TOKENS, Pace, question


@dataclass(frozen=True, slots=True)
class Served:
    """What the client saw, and what the servicer says the engine took."""

    client: Pace
    engine: Timing

    @property
    def ttft_overhead_ms(self) -> float:
        """To the first token: what was not the engine."""
        return self.client.first_ms - self.engine.first_output_ms

    @property
    def itl_overhead_ms(self) -> float:
        """Between two tokens: what was not the engine."""
        span_ms = self.engine.compute_ms - self.engine.first_output_ms
        return self.client.between_ms - span_ms / (self.client.tokens - 1)


def request(number: int, max_tokens: int = MAX_TOKENS) -> pb.GenerateRequest:
    """Return the request with this number: greedy, so that both sides of a comparison write the same."""
    return pb.GenerateRequest(
        messages=[
            pb.Message(role=pb.ROLE_SYSTEM, content=INSTRUCTIONS),
            pb.Message(role=pb.ROLE_USER, content=question(number)),
        ],
        sampling=pb.Sampling(temperature=0, max_tokens=max_tokens),
    )


async def serve_one(stub: GeneratorStub, number: int, max_tokens: int = MAX_TOKENS) -> Served:
    """Ask for one answer and time it; a single token has no time between tokens and is an error here."""
    clock = asyncio.get_running_loop().time
    started = clock()
    seen: list[float] = []
    call = stub.Generate(request(number, max_tokens))
    tokens = 0
    async for response in call:
        if response.HasField("text"):
            seen.append((clock() - started) * 1000)
        elif response.HasField("finish"):
            tokens = response.finish.usage.completion_tokens
    timing = from_trailers(await call.trailing_metadata())
    if timing is None or tokens < 2 or not seen:
        raise Unavailable("the language model answered without text or without its timing")
    return Served(Pace(seen[0], seen[-1], tokens), timing)
