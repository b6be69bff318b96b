"""The baseline: faster-whisper as its users call it, on the whole clip at once.

The product's own engine is `inference/asr/whisper.py`; nothing but this measure calls the library like this.
"""

from __future__ import annotations

from pathlib import Path

import faster_whisper

from antiphon.audio import Int16, to_float
from inference.asr.settings import AsrSettings


class OneShot:
    """The same model, device, threads and beam as the service; all else is the library's default."""

    def __init__(self, folder: Path, settings: AsrSettings) -> None:
        self._beam_size = settings.beam_size
        self._model = faster_whisper.WhisperModel(
            str(folder),
            device=settings.device,
            compute_type=settings.compute_type,
            cpu_threads=settings.threads,
        )

    def transcribe(self, samples: Int16, language: str) -> str:
        """Return the text of a clip at 16 kHz."""
        segments, _ = self._model.transcribe(
            to_float(samples), language=language, beam_size=self._beam_size
        )
        return " ".join(segment.text.strip() for segment in segments)
