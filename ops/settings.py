"""The table [supervisor], and every other table with it: the supervisor checks the whole file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self, cast

from pydantic import Field

from antiphon.observability.settings import ObservabilitySettings
from antiphon.paths import state_dir
from antiphon.settings import Table, load_all
from inference.asr.settings import AsrSettings
from inference.llm.settings import LlmSettings
from inference.settings import EngineSettings
from inference.tts.settings import TtsSettings
from models.settings import ModelsSettings
from ops.context import check_room
from server.settings import AgentSettings, ServerSettings
from server.webrtc.settings import WebRtcSettings

REPOSITORY = Path(__file__).resolve().parents[1]


def _interpreter(folder: str) -> Any:
    return Field(REPOSITORY / folder / "bin/python", description=f"made by ops/up in {folder}")


class SupervisorSettings(Table):
    """[supervisor]: which interpreter runs which service, and how long it may take."""

    main: Path = _interpreter(".venv")
    tts: Path = _interpreter(".venv-tts")
    vllm: Path = _interpreter(".venv-vllm")
    # vLLM needs 50 s on two idle cores; three times that is a machine that cannot serve.
    start_timeout_s: float = Field(150.0, gt=0, le=3600, allow_inf_nan=False)
    # A service gives its calls 3 s to end; twice that, and it hangs. The gateway has [server] drain_s too.
    stop_grace_s: float = Field(6.0, gt=0, le=600, allow_inf_nan=False)
    # Of a service that answers no health check, whatever it computes; on a busy machine one waits 1 or 2 s.
    stall_s: float = Field(5.0, ge=1, le=600, allow_inf_nan=False)
    # Having served so long, a crash is a new one: it is mended at once, and not after a longer pause.
    steady_s: float = Field(20.0, ge=0, le=3600, allow_inf_nan=False)
    log_dir: Path = Field(default_factory=lambda: state_dir() / "logs")
    # With two older files kept, the four services write at most 60 MiB.
    log_bytes: int = Field(5 * 1024 * 1024, ge=64 * 1024)


class Settings(Table):
    """Every table of `antiphon.toml`."""

    asr: AsrSettings
    llm: LlmSettings
    tts: TtsSettings
    engines: EngineSettings
    models: ModelsSettings
    server: ServerSettings
    agent: AgentSettings
    webrtc: WebRtcSettings
    observability: ObservabilitySettings
    supervisor: SupervisorSettings

    @classmethod
    def load(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """Return all tables; raise `Misconfigured` on the first that is wrong or unknown."""
        tables = {name: field.annotation for name, field in cls.model_fields.items()}
        found = cls(**cast(Any, load_all(cast(Any, tables), environ)))
        check_room(found.llm, found.agent)
        return found
