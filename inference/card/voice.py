"""What the voice takes of a card: Coqui's VITS on torch, in float32. Pure."""

from __future__ import annotations

from inference.card.card import Need
from inference.card.part import PROCESS_MIB, Part, known_mib
from inference.tts.settings import TtsSettings
from models.catalogue import Catalogue, Entry

# torch 2.13 is built with CUDA 13, which knows Turing and later.
CUDA, CAPABILITY = 13, (7, 5)
# The most that is alive at once, counted over torch's own operations on Coqui's `Vits` in its standard
# size: the text encoder over 1600 symbols, more than a clause of 400 characters has, alone...
ENCODE_MIB = 294
# ... and the decoder over the longest window, of 180 frames, for each caller. The flow takes a seventh of
# that.
WINDOW_MIB = 29
# Of cuDNN's convolutions and of what torch keeps of windows of other lengths: an assumption, for
# `tests/gpu/test_memory.py` to check.
WORKSPACE_MIB = 512


def tts_need(settings: TtsSettings, catalogue: Catalogue) -> Need | None:
    """Return what the voice needs, None where it uses no card."""
    if settings.device != "cuda" or settings.engine == "simulated":
        return None
    entry = catalogue.entry(settings.model)
    return Need("tts", known_mib(lambda: voice(settings, entry)), CUDA, CAPABILITY)


def voice(settings: TtsSettings, entry: Entry) -> tuple[Part, ...]:
    """Return the parts; raise `KeyError` where the catalogue does not know what the model takes on a GPU."""
    computing = max(ENCODE_MIB, settings.batch * WINDOW_MIB) + WORKSPACE_MIB
    return (
        Part("driver and libraries", PROCESS_MIB),
        Part(f"weights of {entry.name}", entry.memory_mib["gpu"]),
        Part(f"computing for {settings.batch} callers", computing),
    )
