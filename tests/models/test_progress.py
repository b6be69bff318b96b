from __future__ import annotations

from models.progress import Progress, Silent


def test_silence_is_progress_too() -> None:
    progress: Progress = Silent()
    progress.start("a model", None)
    progress.advance(1)
    progress.note("a line")
