"""Graphs that are kept, and made again where they are not whole."""

from __future__ import annotations

import fcntl
import logging
from collections.abc import Mapping
from pathlib import Path
from threading import Event, Thread

import pytest

from antiphon.errors import Misconfigured
from inference.tts.vits import graphs
from inference.tts.vits.graphs import LOCK_FILE, MANIFEST_FILE, UNFINISHED, obtain
from inference.tts.vits.network import Profile
from tests.inference.tts.vits.networks import PROFILE

DEADLOCK_S = 10.0


class Exporter:
    """Writes two graphs, and counts how often."""

    times = 0

    def __call__(self, folder: Path) -> tuple[Profile, Mapping[str, Path]]:
        self.times += 1
        for name in ("encode", "decode"):
            (folder / f"{name}.onnx").write_text(name)
        return PROFILE, {name: folder / f"{name}.onnx" for name in ("encode", "decode")}


@pytest.fixture
def sources(tmp_path: Path) -> list[Path]:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model_file.pth").write_text("weights")
    return [tmp_path / "config.json", tmp_path / "model_file.pth"]


def folders(cache: Path) -> list[Path]:
    return [path for path in cache.iterdir() if path.is_dir()]


def made(cache: Path) -> Path:
    (folder,) = folders(cache)
    return folder


def test_made_once(tmp_path: Path, sources: list[Path]) -> None:
    export = Exporter()
    first = obtain(sources, tmp_path / "cache", export)
    second = obtain(sources, tmp_path / "cache", export)
    assert first == second
    assert export.times == 1
    assert first[0] == PROFILE
    assert {name: path.read_text() for name, path in first[1].items()} == {
        "encode": "encode",
        "decode": "decode",
    }


@pytest.mark.parametrize("name", ["encode.onnx", MANIFEST_FILE])
@pytest.mark.parametrize("damage", ["altered", "missing"])
def test_what_is_not_whole_is_made_again(
    tmp_path: Path, sources: list[Path], name: str, damage: str
) -> None:
    cache, export = tmp_path / "cache", Exporter()
    obtain(sources, cache, export)
    if damage == "missing":
        (made(cache) / name).unlink()
    else:
        (made(cache) / name).write_text("[]")
    _, paths = obtain(sources, cache, export)
    assert export.times == 2
    assert paths["encode"].read_text() == "encode"


def test_other_weights_and_another_exporter_have_their_own(
    tmp_path: Path, sources: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, export = tmp_path / "cache", Exporter()
    obtain(sources, cache, export)
    sources[1].write_text("other weights")
    obtain(sources, cache, export)
    monkeypatch.setattr(graphs, "EXPORT_VERSION", 0)
    obtain(sources, cache, export)
    assert export.times == 3


def test_a_failed_export_leaves_nothing(tmp_path: Path, sources: list[Path]) -> None:
    def export(folder: Path) -> tuple[Profile, Mapping[str, Path]]:
        (folder / "encode.onnx").write_text("half")
        raise Misconfigured("no such voice")

    with pytest.raises(Misconfigured, match="no such voice"):
        obtain(sources, tmp_path / "cache", export)
    assert folders(tmp_path / "cache") == []


def test_what_a_killed_process_left_is_removed(tmp_path: Path, sources: list[Path]) -> None:
    cache = tmp_path / "cache"
    left = [cache / f"{UNFINISHED}{number}" for number in range(2)]
    for folder in left:
        folder.mkdir(parents=True)
        (folder / "encode.onnx").write_text("half")
    (cache / "of-another-model").mkdir()
    obtain(sources, cache, Exporter())
    assert not any(folder.exists() for folder in left)
    assert len(folders(cache)) == 2


def test_they_are_made_under_a_lock_that_is_let_go(tmp_path: Path, sources: list[Path]) -> None:
    cache = tmp_path / "cache"

    def is_locked() -> bool:
        with (cache / LOCK_FILE).open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            return False

    found: list[bool] = []

    def export(folder: Path) -> tuple[Profile, Mapping[str, Path]]:
        found.append(is_locked())
        return Exporter()(folder)

    obtain(sources, cache, export)
    assert found == [True]
    assert not is_locked()


class Waiting(logging.Handler):
    """Notes that somebody says that he waits."""

    def __init__(self) -> None:
        super().__init__()
        self.told = Event()

    def emit(self, record: logging.LogRecord) -> None:
        assert "waiting" in record.getMessage()
        self.told.set()


def test_a_second_process_waits_and_takes_what_the_first_makes(
    tmp_path: Path,
    sources: list[Path],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    # In place of a second process a thread: a lock is an open file's, and each opens its own.
    cache, waiting, late = tmp_path / "cache", Waiting(), Exporter()
    second = Thread(target=obtain, args=(sources, cache, late))
    monkeypatch.setattr(graphs.log, "handlers", [waiting])
    caplog.set_level(logging.INFO, graphs.log.name)

    def export(folder: Path) -> tuple[Profile, Mapping[str, Path]]:
        second.start()
        assert waiting.told.wait(DEADLOCK_S)
        return Exporter()(folder)

    _, paths = obtain(sources, cache, export)
    second.join(DEADLOCK_S)
    assert late.times == 0
    assert paths["encode"].read_text() == "encode"


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, sources: list[Path]) -> None:
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(Misconfigured, match="XDG_CACHE_HOME"):
        obtain(sources, tmp_path / "cache", Exporter())
