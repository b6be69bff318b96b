from __future__ import annotations

from pathlib import Path
from threading import Event, Thread

from models.lock import exclusive
from models.progress import Silent
from tests.models.shelf import Notes

DEADLOCK_S = 10.0


class Waiting(Notes):
    """Lets the test know that somebody waits."""

    def __init__(self) -> None:
        super().__init__()
        self.told = Event()

    def note(self, line: str) -> None:
        super().note(line)
        self.told.set()


def test_a_second_pull_says_that_it_waits_and_then_goes_on(tmp_path: Path) -> None:
    waiting, order = Waiting(), []

    def second() -> None:
        with exclusive(tmp_path, waiting):
            order.append("second")

    thread = Thread(target=second)
    with exclusive(tmp_path, Silent()):
        thread.start()
        assert waiting.told.wait(DEADLOCK_S)
        order.append("first")
    thread.join(DEADLOCK_S)
    assert order == ["first", "second"]
    assert waiting.notes == [f"another pull into {tmp_path} is running; waiting for it"]


def test_a_store_that_is_free_is_held_at_once(tmp_path: Path) -> None:
    notes = Notes()
    for _ in range(2):
        with exclusive(tmp_path, notes):
            pass
    assert notes.notes == []
