"""Coqui's own model, and that what we make of it sounds the same."""

from __future__ import annotations

import json
import pickle
import shutil
from collections.abc import Generator, Mapping
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from antiphon.audio import Float32
from antiphon.errors import Misconfigured
from inference.tts.engine import Speech
from inference.tts.normalise import normalise
from inference.tts.stage import AnyStage, without_stages
from inference.tts.vits.chunks import plan
from inference.tts.vits.espeak import Espeak
from inference.tts.vits.latent import Latent
from inference.tts.vits.network import Network
from inference.tts.vits.onnx_network import OnnxNetwork
from inference.tts.vits.voice import LEAD_FRAMES, Noise, VitsVoice, decode_chunk, gaussian
from tests.inference.tts.vits.networks import CountedNetwork
from tests.inference.tts.voices import in_step

pytestmark = pytest.mark.model
TEXTS = [
    "Hello world, how are you in the house of the rising sun?",
    "Your order ships on Tuesday.",
    "Well, if it is, go! I don't know, really.",
]


def test_profile(coqui: ModuleType, reference: Any) -> None:
    profile = coqui.profile(reference)
    assert (profile.sample_rate_hz, profile.hop_samples, profile.channels) == (22_050, 256, 192)
    assert (profile.flow_context_frames, profile.decoder_context_frames) == (32, 12)
    assert profile.alphabet[profile.blank_id] == "<BLNK>"


@pytest.mark.parametrize("text", TEXTS)
def test_ids_are_those_of_coquis_own_tokenizer(
    coqui: ModuleType, reference: Any, text: str
) -> None:
    class Stop(Exception):
        """Raised once the ids are known."""

    class Listening(CountedNetwork):
        def encode(self, ids: Any, noise: Any, stretch: float) -> Any:
            self.ids = ids[0].tolist()
            raise Stop

    profile, network = coqui.profile(reference), Listening()
    voice = VitsVoice(network, profile, Espeak(profile.espeak_language))
    with pytest.raises(Stop):
        list(without_stages(voice.speak(normalise(text), 1.0)))
    voice.close()
    assert network.ids == reference.tokenizer.text_to_ids(text)


def fixed_noise() -> Noise:
    """Return noise that is the same each time, whoever asks for it."""
    return gaussian(np.random.default_rng(7))


@pytest.mark.parametrize("runtime", ["torch", "onnxruntime"])
@pytest.mark.parametrize("text", TEXTS)
def test_pieces_are_what_coqui_speaks_as_a_whole(
    coqui: ModuleType,
    reference: Any,
    torch_network: Any,
    graphs: Mapping[str, Path],
    monkeypatch: pytest.MonkeyPatch,
    runtime: str,
    text: str,
) -> None:
    torch, noise = coqui.torch, fixed_noise()
    monkeypatch.setattr(torch, "randn", lambda *shape: torch.from_numpy(noise(shape)))
    monkeypatch.setattr(torch, "randn_like", lambda of: torch.from_numpy(noise(tuple(of.shape))))
    outputs = reference.inference(torch.tensor([reference.tokenizer.text_to_ids(text)]))
    whole = outputs["model_outputs"][0, 0].numpy()

    profile = coqui.profile(reference)
    network = torch_network if runtime == "torch" else OnnxNetwork(graphs, threads=1)
    voice = VitsVoice(network, profile, Espeak("en-us"), fixed_noise())
    pieces = list(without_stages(voice.speak(normalise(text), 1.0)))
    voice.close()
    heard = np.concatenate([piece.samples for piece in pieces]) / 32_768

    skipped = len(whole) - len(heard)  # the leading silence
    before_speech = outputs["durations"][0, 0, :2].sum() * profile.hop_samples
    assert 0 <= skipped <= before_speech + LEAD_FRAMES * profile.hop_samples
    assert len(pieces) >= 3
    # Half a step of 16 bits is 1.5e-5; the rest is floating point.
    assert np.abs(heard - whole[skipped:]).max() < 2e-4
    assert np.abs(whole[:skipped]).max(initial=0) < 0.02


@pytest.fixture(params=["torch", "onnxruntime"])
def network(
    request: pytest.FixtureRequest, torch_network: Any, graphs: Mapping[str, Path]
) -> Network:
    return torch_network if request.param == "torch" else OnnxNetwork(graphs, threads=1)


def test_calls_computed_together_sound_as_each_does_alone(
    coqui: ModuleType, reference: Any, network: Network
) -> None:
    profile = coqui.profile(reference)

    def speak(text: str, *, aligned: bool) -> Speech:
        voice = VitsVoice(network, profile, Espeak("en-us"), fixed_noise(), aligned=aligned)
        yield from voice.speak(normalise(text), 1.0)
        voice.close()

    together, shared = in_step([speak(text, aligned=True) for text in TEXTS])
    assert shared >= 4  # the first windows of all three through flow and decoder, and more
    for text, pieces in zip(TEXTS, together, strict=True):
        alone = list(without_stages(speak(text, aligned=False)))
        assert [piece.words for piece in pieces] == [piece.words for piece in alone]
        for one, other in zip(pieces, alone, strict=True):
            # A value on the border of two steps of 16 bits is rounded either way.
            assert np.abs(one.samples.astype(int) - other.samples).max() <= 1


def test_windows_computed_together_are_the_whole_of_each_clause(
    coqui: ModuleType, reference: Any, network: Network
) -> None:
    profile = coqui.profile(reference)
    ids = [reference.tokenizer.text_to_ids(text) for text in TEXTS]
    priors = [coqui.infer(reference, one)[1] for one in ids]

    def sound(prior: Float32) -> Generator[Float32 | AnyStage, None, None]:
        latent = Latent(network, prior, profile.flow_context_frames, aligned=True)
        for chunk in plan(0, latent.frames):
            yield (yield from decode_chunk(network, profile, latent, chunk, aligned=True))

    together, shared = in_step([sound(prior) for prior in priors])
    assert shared >= 4
    for prior, chunks in zip(priors, together, strict=True):
        whole = network.decode(network.flow(prior))[0].astype(np.float64)
        error = np.concatenate(chunks) - whole
        assert 10 * np.log10(np.sum(whole**2) / np.sum(error**2)) > 100


def test_a_device_that_is_not_there(coqui: ModuleType, reference: Any) -> None:
    if coqui.torch.cuda.is_available():
        pytest.skip("this machine has a CUDA device")
    with pytest.raises(Misconfigured, match="no CUDA device"):
        coqui.TorchNetwork(SimpleNamespace(), threads=1, device="cuda")


@pytest.fixture
def copied(checkpoint: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(checkpoint, tmp_path / "voice"))


class Planted:
    """Would run on being unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path("/tmp/planted").touch, ())


@pytest.mark.parametrize("damage", ["not json", "no weights", "pickle", "cut", "other shape"])
def test_what_cannot_be_loaded_is_told(coqui: ModuleType, copied: Path, damage: str) -> None:
    config, weights = copied / "config.json", copied / "model_file.pth"
    match damage:
        case "not json":
            config.write_text("{")
        case "no weights":
            weights.unlink()
        case "pickle":
            weights.write_bytes(pickle.dumps(Planted(), protocol=2))
        case "cut":
            weights.write_bytes(weights.read_bytes()[:1_000_000])
        case "other shape":
            values = json.loads(config.read_text())
            values["model_args"]["hidden_channels"] = 96
            config.write_text(json.dumps(values))
    with pytest.raises(Misconfigured, match="cannot be loaded"):
        coqui.load(copied)


def test_other_kinds_of_voice_are_refused(coqui: ModuleType, copied: Path) -> None:
    config = copied / "config.json"
    values = json.loads(config.read_text())
    values["enable_eos_bos_chars"] = False
    config.write_text(json.dumps(values))
    with pytest.raises(Misconfigured, match="blanks and end marks"):
        coqui.load(copied)
