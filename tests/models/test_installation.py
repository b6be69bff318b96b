from __future__ import annotations

import stat
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

import pytest

from antiphon.errors import AntiphonError, Exhausted, Misconfigured, NotFound
from models import disk
from models.catalogue import ConvertSource, Entry, File
from models.convert.record import read_conversion
from models.installation import STAGING, Installation
from models.site_pins import read_site_pins
from models.store import State, Store
from tests.models.shelf import Notes, catalogue, entry, file, sha256, write

DATA = b"weights" * 100
FLIPPED = bytes([DATA[0] ^ 1]) + DATA[1:]
HUB = {"kind": "hub", "repository": "someone/loose"}

PINNED = entry("pinned", HUB, file("model.bin", DATA), file("a/config.json", b"{}"))
LOOSE = entry("loose", HUB, file("model.bin"))
PARTS = entry("parts", HUB, file("model.bin.part1", DATA), file("model.bin.part2", DATA))
MADE = entry("made", {"kind": "convert", "from": "parts", "with": "join-parts"}, file("model.bin"))


class Shop:
    """A supply that hands out what it has, and remembers what it was asked for."""

    def __init__(self, goods: dict[str, bytes]) -> None:
        self.goods = goods
        self.asked: list[list[str]] = []
        self.revisions: list[str] = []
        self.before: Callable[[Path], None] = lambda into: None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def offers(self, entry: Entry) -> bool:
        return not isinstance(entry.source, ConvertSource)

    def fetch(self, entry: Entry, files: Sequence[File], into: Path, revision: str) -> str:
        self.asked.append([one.path for one in files])
        self.revisions.append(revision)
        self.before(into)
        for one in files:
            if one.path not in self.goods:
                raise NotFound(f"no {one.path}")
            write(into, {one.path: self.goods[one.path]})
        return "c" * 40


class Bench:
    """An empty store, a shop, and what was told."""

    def __init__(self, root: Path) -> None:
        self.store = Store(root, catalogue(PINNED, LOOSE, PARTS, MADE))
        self.notes = Notes()
        goods = {"model.bin": DATA, "a/config.json": b"{}"}
        self.shop = Shop({**goods, "model.bin.part1": DATA, "model.bin.part2": DATA})

    def install(self, model: Entry, python: Path = Path(sys.executable)) -> None:
        Installation(self.store, model, self.shop, self.notes, {"main": python}).run()


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_a_model_is_moved_in_whole_and_needs_no_second_reading(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.install(PINNED)
    monkeypatch.setattr("models.seen.pin_of", lambda path: pytest.fail("read again"))
    folder = bench.store.path("pinned")
    assert (folder / "a/config.json").read_bytes() == b"{}"
    assert stat.S_IMODE((folder / "model.bin").stat().st_mode) == 0o644
    assert list((bench.store.root / STAGING).iterdir()) == []
    assert bench.notes.notes == []


def test_what_is_not_as_pinned_never_gets_in(bench: Bench) -> None:
    bench.shop.goods["model.bin"] = FLIPPED
    with pytest.raises(Misconfigured, match=r"pulled for 'pinned' is not .*model.bin is corrupt"):
        bench.install(PINNED)
    assert bench.store.state("pinned") is State.ABSENT


def test_a_failed_repair_leaves_the_model_as_it_was(bench: Bench) -> None:
    bench.install(PINNED)
    (bench.store.folder("pinned") / "model.bin").write_bytes(FLIPPED)
    del bench.shop.goods["model.bin"]
    with pytest.raises(NotFound):
        bench.install(PINNED)
    assert (bench.store.folder("pinned") / "a/config.json").read_bytes() == b"{}"
    assert bench.store.state("pinned") is State.DAMAGED


def test_a_corrupt_file_is_named_and_it_alone_is_fetched_again(bench: Bench) -> None:
    bench.install(PINNED)
    corrupt = bench.store.folder("pinned") / "model.bin"
    corrupt.write_bytes(FLIPPED)
    bench.install(PINNED)
    assert bench.shop.asked == [["model.bin", "a/config.json"], ["model.bin"]]
    (note,) = bench.notes.notes
    assert note.startswith(f"{corrupt} is corrupt: ")
    assert note.endswith("; fetching it again")
    assert bench.store.path("pinned")


def test_a_loose_file_is_trusted_once(bench: Bench) -> None:
    bench.install(LOOSE)
    pins = read_site_pins(bench.store.root, "loose")
    assert (pins.revision, pins.asked) == ("c" * 40, "someone/loose at main")
    assert pins.files["model.bin"].sha256 == sha256(DATA)
    (bench.store.folder("loose") / "model.bin").unlink()
    bench.shop.goods["model.bin"] = FLIPPED
    with pytest.raises(Misconfigured, match="is corrupt"):
        bench.install(LOOSE)
    assert bench.shop.revisions == ["", "c" * 40]


def test_a_new_revision_in_the_catalogue_is_trusted_anew(bench: Bench) -> None:
    bench.install(LOOSE)
    newer = entry("loose", {**HUB, "revision": "v2"}, file("model.bin"))
    bench.store = Store(bench.store.root, catalogue(newer))
    bench.shop.goods["model.bin"] = FLIPPED
    assert bench.store.state("loose") is State.OUTDATED
    bench.install(newer)
    assert bench.shop.revisions == ["", ""]
    assert bench.store.path("loose")


def test_a_conversion_is_recorded(bench: Bench) -> None:
    bench.install(PARTS)
    bench.install(MADE)
    folder = bench.store.path("made")
    assert (folder / "model.bin").read_bytes() == DATA + DATA
    record = read_conversion(folder)
    assert record is not None
    assert (record.converter, record.version) == ("join-parts", 1)
    assert record.inputs == {"model.bin.part1": sha256(DATA), "model.bin.part2": sha256(DATA)}
    assert record.outputs["model.bin"].sha256 == sha256(DATA + DATA)
    assert ("made from parts", None, 0) in bench.notes.started


def test_a_damaged_conversion_is_made_again(bench: Bench) -> None:
    bench.install(PARTS)
    bench.install(MADE)
    (bench.store.folder("made") / "model.bin").write_bytes(DATA)
    bench.install(MADE)
    assert bench.notes.notes[0].endswith("; making it again")
    assert bench.store.path("made")


def test_a_conversion_that_fails_leaves_nothing_in_place(bench: Bench, tmp_path: Path) -> None:
    bench.install(PARTS)
    with pytest.raises(Misconfigured, match="needs the environment 'main'"):
        bench.install(MADE, python=tmp_path / "none")
    assert bench.store.state("made") is State.ABSENT


def test_a_conversion_that_fails_on_a_full_disk_says_so(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.install(PARTS)
    full = tmp_path / "python"
    full.write_text("#!/bin/sh\necho 'Error: something odd' >&2\nexit 1\n")
    full.chmod(0o755)
    with pytest.raises(AntiphonError, match="something odd"):
        bench.install(MADE, python=full)
    monkeypatch.setattr(disk, "RESERVE_BYTES", 10**18)
    (bench.store.root / STAGING / "made").rmdir()
    with pytest.raises(Exhausted, match="too full for the model made"):
        bench.install(MADE, python=full)


def test_a_disk_that_fills_up_is_one_line(bench: Bench) -> None:
    def fill(into: Path) -> None:
        with open("/dev/full", "wb", buffering=0) as file:
            file.write(b"x")

    bench.shop.before = fill
    with pytest.raises(Exhausted) as caught:
        bench.install(PINNED)
    assert "too full for the model pinned: 1,048,576 bytes are needed" in caught.value.message


SMALL_DISK = """
import sys
from pathlib import Path
sys.argv = ["", sys.argv[1]]
from tests.models.test_installation import Bench, PINNED
from antiphon.errors import Exhausted
bench = Bench(Path(sys.argv[1]))
bench.shop.goods["model.bin"] = b"x" * 3_000_000
try:
    bench.install(PINNED)
except Exhausted as error:
    print(error.message)
"""


def test_a_real_disk_that_is_too_small(tmp_path: Path) -> None:
    mounted = f"mount -t tmpfs -o size=1m none {tmp_path} && "
    run = ["unshare", "-Urm", "sh", "-c", mounted + f'"{sys.executable}" -c "$0" {tmp_path}']
    try:
        done = subprocess.run([*run, SMALL_DISK], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no unshare to make a small disk with")
    if done.returncode:
        pytest.skip(f"no small disk can be mounted here: {done.stderr.strip()[-200:]}")
    assert done.stdout.startswith("the disk is too full for the model pinned: 1,048,576 bytes")
    assert done.stdout.count("\n") == 1
