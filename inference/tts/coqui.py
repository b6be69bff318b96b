"""Coqui VITS on torch: the only file that imports TTS or torch."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from antiphon.audio import Float32, from_float

from inference.tts import phonemes
from inference.tts.chunks import plan
from inference.tts.engine import EngineInfo, Piece, Said, TimedWord
from inference.tts.espeak import Espeak


def _stub(*names: str) -> None:
    """Shadow modules that TTS imports and VITS inference never calls.

    torch's CPU build and PyPI's torchaudio (a CUDA build) do not load into one process.
    """
    for name in names:
        module = ModuleType(name)
        module.__spec__ = ModuleSpec(name, None)
        sys.modules.setdefault(name, module)


_stub("torchaudio", "torchcodec")

import torch  # noqa: E402
from TTS.tts.configs.vits_config import VitsConfig  # noqa: E402
from TTS.tts.models.vits import Vits  # noqa: E402


class CoquiEngine:
    """One VITS voice from a Coqui checkpoint folder."""

    def __init__(self, folder: Path, threads: int) -> None:
        torch.set_num_threads(threads)
        config = VitsConfig()
        config.load_json(str(folder / "config.json"))
        self._model = Vits(config)
        state = torch.load(folder / "model_file.pth", map_location="cpu", weights_only=True)
        self._model.load_state_dict(state["model"])
        self._model.eval()
        self._characters = self._model.tokenizer.characters
        self._espeak = Espeak(config.phoneme_language)
        self._hop = int(config.audio.hop_length)
        self.info = EngineInfo("coqui", int(config.audio.sample_rate), ("streaming", "word_times"))

    @torch.inference_mode()
    def speak(self, words: Sequence[Said], speed: float) -> Iterator[Piece]:
        parts = phonemes.stretches(words)
        lines = [" ".join(words[i].text for i in part) for part in parts]
        spelt: list[phonemes.Phoneme] = []
        for part, ipa in zip(parts, self._espeak.phonemise(lines), strict=True):
            if spelt:
                spelt.append(phonemes.Phoneme(" ", None))
            spelt.extend(phonemes.spell(words, part, ipa))
        vocab = self._characters.vocab
        spelt = [p for p in spelt if p.character in vocab]
        if not spelt:
            return
        ids = [self._characters.bos_id, self._characters.blank_id]
        owner: list[int | None] = [None, None]
        for p in spelt:
            ids += [self._characters.char_to_id(p.character), self._characters.blank_id]
            owner += [p.word, p.word]
        ids.append(self._characters.eos_id)
        owner.append(None)
        z, durations = self._front(ids, speed)
        ends = np.cumsum(durations)
        times: dict[int, list[float]] = {}
        ms = self._hop * 1000 / self.info.sample_rate_hz
        for end, n, w in zip(ends, durations, owner, strict=True):
            if w is not None:
                t = times.setdefault(w, [(end - n) * ms, 0.0])
                t[1] = end * ms
        timed = tuple(TimedWord(words[w].span, a, b) for w, (a, b) in sorted(times.items()))
        for chunk in plan(z.shape[2]):
            yield Piece(from_float(self._decode(z, chunk.first, chunk.end)), timed)
            timed = ()

    def _front(self, ids: list[int], speed: float) -> tuple[Any, Any]:
        m = self._model
        x = torch.tensor([ids])
        h, mean, logs, mask = m.text_encoder(x, torch.tensor([x.shape[1]]))
        logw = m.duration_predictor(h, mask, reverse=True, noise_scale=m.inference_noise_scale_dp)
        durations = torch.ceil(torch.exp(logw) * mask * m.length_scale / speed)[0, 0].long()
        mean = torch.repeat_interleave(mean, durations, dim=2)
        logs = torch.repeat_interleave(logs, durations, dim=2)
        latent = mean + torch.randn_like(mean) * torch.exp(logs) * m.inference_noise_scale
        return m.flow(latent, torch.ones(1, 1, latent.shape[2]), reverse=True), durations.numpy()

    def _decode(self, z: Any, first: int, end: int) -> Float32:
        before, after = max(0, first - 10), min(z.shape[2], end + 10)
        audio = self._model.waveform_decoder(z[:, :, before:after])[0, 0].numpy()
        return audio[(first - before) * self._hop : (end - before) * self._hop]

    def close(self) -> None:
        self._espeak.close()
