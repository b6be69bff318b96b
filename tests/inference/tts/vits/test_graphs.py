"""Graphs that are kept, and made again where they are not whole."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from antiphon.errors import Misconfigured
from inference.tts.vits import graphs
from inference.tts.vits.graphs import MANIFEST_FILE, obtain
from inference.tts.vits.network import Profile
from tests.inference.tts.vits.networks import PROFILE


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


def made(cache: Path) -> Path:
    (folder,) = cache.iterdir()
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
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, sources: list[Path]) -> None:
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(Misconfigured, match="XDG_CACHE_HOME"):
        obtain(sources, tmp_path / "cache", Exporter())
