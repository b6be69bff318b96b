"""What each engine takes of a card is no more than the plan counts for it.

Each runs in a process of its own, as it does when it serves, is warmed with the most that it may be given,
and tells how much less of the card is free than before it began. With the small models that are here: what
is beside their weights is what is checked.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from contextlib import ExitStack
from importlib.util import find_spec
from multiprocessing.connection import Connection

import pytest

from antiphon.settings import load
from inference.asr.settings import AsrSettings
from inference.card.nvml import probe
from inference.card.part import total_mib
from inference.card.recognition import recognition
from inference.card.voice import voice
from inference.tts.settings import TtsSettings
from models.catalogue import load_catalogue
from models.settings import ModelsSettings
from tests.weights import weights

pytestmark = [pytest.mark.gpu, pytest.mark.model, pytest.mark.slow]
LIMIT_S = 300
ASR = AsrSettings(
    model="whisper-base",
    device="cuda",
    compute_type="float16",
    max_batch=16,
    max_batch_s=160.0,
    end_of_turn="",
)
TTS = TtsSettings(model="en-us-joe-medium", device="cuda", runtime="torch", max_batch=8)


def hear(closing: ExitStack) -> None:
    from inference.asr.assembly import assemble

    assemble(ASR, load("models", ModelsSettings), closing)


def speak(closing: ExitStack) -> None:
    from inference.tts.assembly import assemble

    assemble(TTS, load("models", ModelsSettings), closing)


def _serve(run: Callable[[ExitStack], None], told: Connection) -> None:
    with ExitStack() as closing:
        run(closing)
        told.send("ready")
        told.recv()


def free_mib() -> int:
    """Return how much of the card nobody has; asked of torch where NVML is not in this environment."""
    card = probe()
    if card is not None:
        return card.free_mib
    torch = pytest.importorskip("torch", reason="neither NVML nor torch is in this environment")
    if not torch.cuda.is_available():
        pytest.skip("torch finds no CUDA device here")
    return int(torch.cuda.mem_get_info()[0]) // 2**20


def taken_mib(run: Callable[[ExitStack], None]) -> int:
    before_mib = free_mib()
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=_serve, args=(run, theirs))
    process.start()
    try:
        assert ours.poll(LIMIT_S), "the engine did not start"
        ours.recv()
        return before_mib - free_mib()
    finally:
        process.kill()
        process.join()


def test_recognition(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("ctranslate2", reason="CTranslate2 is only in the environment .venv")
    weights("whisper-base")
    took = taken_mib(hear)
    planned = total_mib(recognition(ASR, load_catalogue().entry("whisper-base")))
    with capsys.disabled():
        print(f"\nrecognition takes {took} MiB, planned {planned}")
    assert took <= planned


def test_the_voice(capsys: pytest.CaptureFixture[str]) -> None:
    # Not imported: it refuses without torchaudio, in whose place the engine puts another module.
    if find_spec("TTS") is None:
        pytest.skip("Coqui is only in the environment .venv-tts")
    weights("en-us-joe-medium")
    took = taken_mib(speak)
    planned = total_mib(voice(TTS, load_catalogue().entry("en-us-ljspeech-vits")))
    with capsys.disabled():
        print(f"\nthe voice takes {took} MiB, planned {planned}")
    assert took <= planned
