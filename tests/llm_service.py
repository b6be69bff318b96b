"""The language model service in a thread of its own, as tests ask it: over gRPC."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import grpc
import pytest

from antiphon.channel import connect
from antiphon.errors import AntiphonError
from antiphon.serving import SERVER_OPTIONS, ErrorInterceptor
from antiphon.settings import load
from antiphon.status import from_rpc_error
from antiphon.timing import Timing, from_trailers
from antiphon.v1 import common_pb2
from antiphon.v1 import generator_pb2 as pb
from antiphon.v1.generator_pb2_grpc import GeneratorStub, add_GeneratorServicer_to_server
from inference.llm.engine import Engine
from inference.llm.loading import load_model, try_out
from inference.llm.service import Generator
from inference.llm.settings import LlmSettings
from inference.llm.vllm_process import prepare
from models.settings import ModelsSettings
from models.store import State, open_store

T = TypeVar("T")
# An answer of a whole context takes CTranslate2 40 s; whatever takes longer hangs.
LIMIT_S = 60.0


@dataclass
class Answer:
    """All that came back from one call of Generate."""

    deltas: list[str] = field(default_factory=list)
    calls: list[pb.ToolCall] = field(default_factory=list)
    finishes: list[pb.Finish] = field(default_factory=list)
    last: str = ""
    trailers: Timing | None = None

    @property
    def text(self) -> str:
        """The whole text."""
        return "".join(self.deltas)

    @property
    def finish(self) -> pb.Finish:
        """The one Finish."""
        assert len(self.finishes) == 1
        return self.finishes[0]


class Service:
    """One engine behind a gRPC server on a Unix socket, with its own event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, engine: Engine, address: str) -> None:
        self.engine = engine
        self.capabilities = {str(one) for one in engine.capabilities}
        self._loop = loop
        self._address = address

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run `coroutine` on the service's loop, where clients and engine must be used."""
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            return future.result(LIMIT_S)
        finally:
            future.cancel()  # what hangs must not hang the tests after it

    def with_stub(self, use: Callable[[GeneratorStub], Coroutine[Any, Any, T]]) -> T:
        """Run `use` with a client of the service."""
        return self.run(self._with_stub(use))

    def ask(self, request: pb.GenerateRequest, timeout_s: float = LIMIT_S) -> Answer:
        """Return what is answered; raise what is refused as our own error."""
        return self.with_stub(lambda stub: ask(stub, request, timeout_s))

    def ask_all(self, requests: list[pb.GenerateRequest]) -> list[Answer]:
        """Ask all of them at the same time."""

        async def all_of(stub: GeneratorStub) -> list[Answer]:
            return await asyncio.gather(*(ask(stub, one, LIMIT_S) for one in requests))

        return self.with_stub(all_of)

    async def _with_stub(self, use: Callable[[GeneratorStub], Awaitable[T]]) -> T:
        async with connect(self._address) as channel:
            return await use(GeneratorStub(channel))


async def ask(stub: GeneratorStub, request: pb.GenerateRequest, timeout_s: float) -> Answer:
    """Return what is answered; raise what is refused as our own error."""
    answer = Answer()
    call = stub.Generate(request, timeout=timeout_s)
    try:
        async for response in call:
            answer.last = response.WhichOneof("event") or ""
            match answer.last:
                case "text":
                    answer.deltas.append(response.text.text)
                case "tool_call":
                    answer.calls.append(response.tool_call)
                case "finish":
                    answer.finishes.append(response.finish)
    except grpc.aio.AioRpcError as error:
        raise from_rpc_error(error, "llm") from None
    answer.trailers = from_trailers(await call.trailing_metadata())
    return answer


def refusal(service: Service, request: pb.GenerateRequest) -> AntiphonError:
    """Return the error with which `request` is refused."""
    with pytest.raises(AntiphonError) as caught:
        service.ask(request)
    return caught.value


@contextmanager
def serving(load_engine: Callable[[], Awaitable[Engine]]) -> Iterator[Service]:
    """Serve what `load_engine` returns, for the length of the block."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="llm-service")
    thread.start()
    # Unix socket paths hold 107 bytes, and pytest's own folders are deep.
    with TemporaryDirectory(prefix="llm-", dir="/tmp") as folder:
        address = f"unix:{folder}/llm.sock"
        block = _serving(load_engine, address)
        try:
            engine = asyncio.run_coroutine_threadsafe(block.__aenter__(), loop).result()
            try:
                yield Service(loop, engine, address)
            finally:
                asyncio.run_coroutine_threadsafe(block.__aexit__(None, None, None), loop).result()
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()


@asynccontextmanager
async def _serving(
    load_engine: Callable[[], Awaitable[Engine]], address: str
) -> AsyncIterator[Engine]:
    engine = await load_engine()
    server = grpc.aio.server(interceptors=[ErrorInterceptor()], options=SERVER_OPTIONS)
    info = common_pb2.ServiceInfo(engine=engine.name, capabilities=sorted(engine.capabilities))
    add_GeneratorServicer_to_server(Generator(engine, info), server)
    server.add_insecure_port(address)
    await server.start()
    try:
        yield engine
    finally:
        await server.stop(None)
        await engine.close()


def model_folder(settings: LlmSettings) -> Path:
    """Return the folder of the model that `settings` name; skip the test where the store has it not."""
    store = open_store(load("models", ModelsSettings))
    if store.state(settings.model) is not State.READY:
        pytest.skip(
            f"no model {settings.model} in {store.root}: antiphon models pull {settings.model}"
        )
    return store.path(settings.model)


@contextmanager
def vllm_serving() -> Iterator[Service]:
    """Serve the default model on vLLM; skip the test where either is missing."""
    if find_spec("vllm") is None:
        pytest.skip("no vllm in this environment: .venv-vllm has it")
    settings = LlmSettings.model_validate({"engine": "vllm"})
    folder = model_folder(settings)
    prepare(settings.threads)

    async def load() -> Engine:
        model = load_model(folder, settings, on_death=lambda: None)
        await try_out(model)
        return model

    with serving(load) as service:
        yield service
