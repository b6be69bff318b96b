"""`python -m inference.llm`: the language model as a process of its own."""

from __future__ import annotations

import sys
from pathlib import Path

import grpc
from antiphon.serving import run, serve
from antiphon.settings import load
from antiphon.v1 import common_pb2, generator_pb2_grpc

from inference.llm.model import Bounds, LanguageModel
from inference.llm.model_folder import read_defaults
from inference.llm.prompt import load_template
from inference.llm.service import NAME, Generator
from inference.llm.settings import LlmSettings
from inference.llm.tokenizer import Tokenizer


async def main() -> None:
    """Load the settings, then serve until told to stop."""
    settings = load("llm", LlmSettings)

    async def register(server: grpc.aio.Server) -> list[str]:
        from inference.llm.ct2_engine import Ct2Engine

        folder = Path(settings.model)
        tokenizer = Tokenizer(folder)
        defaults = read_defaults(folder)
        template = load_template(folder, tokenizer.special_tokens)
        engine = Ct2Engine(folder, tokenizer, defaults.end_tokens, settings.threads)
        bounds = Bounds(settings.context_tokens, settings.max_tokens, settings.max_waiting)
        model = LanguageModel(engine, tokenizer, template, defaults, bounds)
        info = common_pb2.ServiceInfo(engine=model.name, model=folder.name, capabilities=sorted(model.capabilities))
        generator_pb2_grpc.add_GeneratorServicer_to_server(Generator(model, info), server)
        return [NAME]

    await serve(settings.address, register)


if __name__ == "__main__":
    sys.exit(run(main()))
