"""A voice's folder to a voice that speaks, on the runtime that the settings name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from antiphon.errors import Misconfigured
from antiphon.paths import cache_dir
from inference.tts.settings import TtsSettings
from inference.tts.vits import graphs
from inference.tts.vits.espeak import Espeak
from inference.tts.vits.network import Network, Profile
from inference.tts.vits.voice import VitsVoice

SOURCES = ("config.json", "model_file.pth")


def load_voice(folder: Path, settings: TtsSettings) -> VitsVoice:
    """Return the voice in `folder`; raise `Misconfigured` where it cannot be loaded."""
    missing = [name for name in SOURCES if not (folder / name).is_file()]
    if missing:
        raise Misconfigured(f"{folder} is no Coqui checkpoint: {', '.join(missing)} missing")
    network, profile = load_network(folder, settings)
    phonemiser = Espeak(profile.espeak_language)
    return VitsVoice(network, profile, phonemiser, aligned=settings.batch > 1)


def load_network(folder: Path, settings: TtsSettings) -> tuple[Network, Profile]:
    """Return the network of the voice in `folder`, on the runtime that the settings name."""
    return (_torch if settings.runtime == "torch" else _onnx)(folder, settings)


def _torch(folder: Path, settings: TtsSettings) -> tuple[Network, Profile]:
    from inference.tts.vits import coqui  # imports torch: seconds

    model = coqui.load(folder)
    return coqui.TorchNetwork(model, settings.threads, settings.device), coqui.profile(model)


def _onnx(folder: Path, settings: TtsSettings) -> tuple[Network, Profile]:
    from inference.tts.vits.onnx_network import OnnxNetwork

    sources = [folder / name for name in SOURCES]
    profile, paths = graphs.obtain(sources, cache_dir() / "tts", lambda into: _export(folder, into))
    return OnnxNetwork(paths, settings.threads), profile


def _export(folder: Path, into: Path) -> tuple[Profile, Mapping[str, Path]]:
    from inference.tts.vits import coqui  # imports torch: seconds

    model = coqui.load(folder)
    return coqui.profile(model), coqui.export(model, into)
