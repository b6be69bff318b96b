"""The table [tts] of the settings; imports no engine."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from antiphon.paths import default_socket
from antiphon.settings import Table

MIN_SPEED = 0.5
MAX_SPEED = 2.0


class TtsSettings(Table):
    """How the voice is spoken."""

    address: str = Field(default_factory=lambda: default_socket("tts"))
    engine: Literal["coqui", "simulated"] = "coqui"
    model: str = "en-us-joe-medium"  # a voice of the catalogue; its name is what callers ask for
    # onnxruntime: the voice's graphs, exported once. torch: Coqui's own modules; the only one for cuda.
    runtime: Literal["onnxruntime", "torch"] = "onnxruntime"
    device: Literal["cpu", "cuda"] = "cpu"
    threads: Annotated[int, Field(ge=1, le=64)] = 1
    # Against mistakes: how many callers a machine carries is measured, and bounded by the gateway.
    max_calls: Annotated[int, Field(ge=1, le=10_000)] = 256
    # Callers whose sound is computed in one run; 0: 1 on a CPU, where 8 windows take 8 times as long as one
    # (`onnx_network` has the figures) and each caller would wait for all; 8 on a card, which one caller's
    # window does not fill (tests/gpu/test_voice.py tells what a card gains).
    max_batch: Annotated[int, Field(ge=0, le=64)] = 0
    speed: Annotated[float, Field(ge=MIN_SPEED, le=MAX_SPEED, allow_inf_nan=False)] = 1.0

    # The simulated engine's time to first audio, MEASURES' profile of one GPU, and the seed of its delays.
    simulated_ms: Annotated[float, Field(ge=0, le=60_000, allow_inf_nan=False)] = 78.0
    simulated_seed: int = 0

    @model_validator(mode="after")
    def _runtime_has_device(self) -> TtsSettings:
        if self.device == "cuda" and self.runtime != "torch":
            raise ValueError('device = "cuda" needs runtime = "torch"')
        return self

    @property
    def batch(self) -> int:
        """How many callers' sound is computed in one."""
        return self.max_batch or (8 if self.device == "cuda" else 1)
