"""The table [asr] of the settings; imports no engine."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from antiphon.paths import default_socket
from antiphon.settings import Table

MIN_SILENCE_MS = 100
MAX_SILENCE_MS = 5000
MIN_PARTIAL_MS = 100
MAX_PARTIAL_MS = 5000
STOCK_TEXT = "these words were not recognised but made up by a simulated engine"

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class AsrSettings(Table):
    """What listens, and how patiently."""

    address: str = Field(default_factory=lambda: default_socket("asr"))
    engine: Literal["faster-whisper", "simulated"] = "faster-whisper"
    model: str = "whisper-base"
    device: Literal["cpu", "cuda"] = "cpu"
    compute_type: Literal["int8", "int8_float16", "int8_float32", "float16", "float32"] = "int8"
    # While an utterance is decoded its caller's other engines wait for it. The second thread takes a
    # quarter off that on a CPU without AVX-512 (593 to 425 ms at the median), and nothing with it.
    threads: Annotated[int, Field(ge=1, le=64)] = 2
    # Beam 5: WER 7.6 instead of 8.4 for a tenth more CPU, on 98 clips; not tried in real time.
    beam_size: Annotated[int, Field(ge=1, le=10)] = 1
    # What is decoded at once. On two cores eight callers at a time are served 1.3 to 1.7 times as fast as one
    # after another, and more would wait for each other. On a card, not measured, 32 and 480 s.
    max_batch: Annotated[int, Field(ge=1, le=256)] = 8
    # All pieces together, as long as the longest: so much takes 2 s of two cores, for whoever comes next.
    max_batch_s: Annotated[float, Field(ge=1, le=10_000, allow_inf_nan=False)] = 30.0
    # How much longer than the shortest: the short one waits for the words of the long.
    max_batch_extra_s: Annotated[float, Field(ge=0, le=30, allow_inf_nan=False)] = 3.0
    # Longer pieces are decoded where they hold up none that are shorter. One as long takes 0.9 s of CPU.
    short_s: Annotated[float, Field(ge=0, le=30, allow_inf_nan=False)] = 10.0
    # Against mistakes: how many callers a machine carries is measured, and bounded by the gateway.
    max_streams: Annotated[int, Field(ge=1, le=10_000)] = 256

    # With it, a stream takes a fifth of a core altogether (`antiphon bench asr`).
    partial_interval_ms: Annotated[int, Field(ge=MIN_PARTIAL_MS, le=MAX_PARTIAL_MS)] = 400
    # When to decode what was said, so that it is there at the pause; a word may yet follow.
    hush_ms: Annotated[int, Field(ge=32, le=1000)] = 96
    # When to tell it. Six of the detector's 32 ms chunks: 200 would wait for a seventh.
    pause_ms: Annotated[int, Field(ge=64, le=1000)] = 192
    silence_ms: Annotated[int, Field(ge=MIN_SILENCE_MS, le=MAX_SILENCE_MS)] = 500
    # Empty: pauses carry no probability.
    end_of_turn: Literal["", "smart-turn-v3.2"] = "smart-turn-v3.2"

    vad: Literal["silero-vad"] = "silero-vad"
    vad_start: Share = 0.5
    vad_stop: Share = 0.35

    # The simulated engine: MEASURES' profile of one GPU and one stream, and the seed of its delays.
    simulated_ms: Annotated[float, Field(ge=0, le=60_000, allow_inf_nan=False)] = 60.0
    simulated_seed: int = 0
    # What it hears, over and over, of a caller whose client cannot say what was said (`session.antiphon`).
    simulated_text: str = STOCK_TEXT
