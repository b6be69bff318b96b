"""The process that runs Coqui as it is, over a network made for tests."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from inference.tts.vits.chunks import plan
from inference.tts.vits.network import Profile
from ops.bench.voice import reference
from ops.bench.voice.reference import Reference, serve
from tests.inference.tts.vits.networks import PROFILE, CountedNetwork

FRAMES = 100


def infer(ids: list[int]) -> tuple[np.ndarray, np.ndarray]:
    prior = np.random.default_rng(len(ids)).standard_normal((1, 2, FRAMES), np.float32)
    return np.zeros(FRAMES * PROFILE.hop_samples, np.float32), prior


def made(profile: Profile = PROFILE) -> Reference:
    return Reference(lambda text: list(map(ord, text)), infer, CountedNetwork(), profile)


def test_speaking_is_timed() -> None:
    reply = made().answer({"speak": "hello"})
    assert reply["ms"] > 0
    assert reply["audio_ms"] == FRAMES * PROFILE.hop_samples * 1000 / PROFILE.sample_rate_hz


def test_seams_are_silent_with_the_context_they_need_and_not_with_less() -> None:
    assert len(list(plan(0, FRAMES))) > 2
    assert made().answer({"seam": "hello"})["snr_db"] > 100
    values = {name: getattr(PROFILE, name) for name in Profile.__slots__}
    short = Profile(**{**values, "decoder_context_frames": 1})
    assert made(short).answer({"seam": "hello"})["snr_db"] < 60


def test_a_line_each() -> None:
    replies = io.StringIO()
    serve(made(), ['{"speak": "a"}\n', '{"seam": "a"}\n'], replies)
    assert [list(json.loads(line)) for line in replies.getvalue().splitlines()] == [
        ["ms", "audio_ms"],
        ["snr_db"],
    ]


def test_only_replies_reach_standard_output(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def load(folder: Path) -> Reference:
        os.write(1, b"a library prints\n")
        return made()

    monkeypatch.setattr(reference, "load", load)
    monkeypatch.setattr(sys, "stdin", io.StringIO('{"speak": "a"}\n'))
    kept = os.dup(1)
    try:
        reference.main(["/a/voice"])
    finally:
        os.dup2(kept, 1)
        os.close(kept)
    out, err = capfd.readouterr()
    assert list(json.loads(out)) == ["ms", "audio_ms"]
    assert "a library prints" in err
