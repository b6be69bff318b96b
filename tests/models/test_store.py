from __future__ import annotations

import os
from pathlib import Path

import pytest

from antiphon.errors import Misconfigured
from models.catalogue import Entry
from models.convert.record import Conversion
from models.pins import Pin, pin_of
from models.settings import ModelsSettings
from models.site_pins import SitePins, write_site_pins
from models.store import State, Store, open_store
from tests.models.shelf import catalogue, entry, file, sha256, write

DATA = b"weights" * 100
FLIPPED = bytes([DATA[0] ^ 1]) + DATA[1:]
HUB = {"kind": "hub", "repository": "someone/loose"}
JOINED = {"kind": "convert", "from": "parts", "with": "join-parts"}

PINNED = entry("pinned", HUB, file("model.bin", DATA), file("a/config.json", b"{}"))
LOOSE = entry("loose", HUB, file("model.bin"))
PARTS = entry("parts", HUB, file("model.bin.part1", DATA))
MADE = entry("made", JOINED, file("model.bin"))
AGAIN = entry("again", {**JOINED, "from": "made"}, file("model.bin"))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path, catalogue(PINNED, LOOSE, PARTS, MADE, AGAIN))


def put(store: Store, model: Entry, **files: bytes) -> Path:
    names = {one.path: one.path.replace("/", "_").replace(".", "_") for one in model.files}
    data = {path: files.get(name, DATA) for path, name in names.items()}
    return write(store.folder(model.name), data)


def put_pinned(store: Store) -> Path:
    return put(store, PINNED, a_config_json=b"{}")


def convert(store: Store, model: Entry, inputs: dict[str, str], version: int = 1) -> Path:
    folder = put(store, model)
    outputs = {one.path: pin_of(folder / one.path) for one in model.files}
    Conversion("join-parts", version, inputs, outputs).write(folder)
    return folder


def test_a_model_that_is_sound_is_given_out(store: Store) -> None:
    folder = put_pinned(store)
    assert store.path("pinned") == folder
    assert store.state("pinned") is State.READY


def test_a_model_that_is_not_there_names_the_command(store: Store) -> None:
    assert store.state("pinned") is State.ABSENT
    with pytest.raises(Misconfigured) as caught:
        store.path("pinned")
    told = f"model 'pinned' is not in {store.root}: run `antiphon models pull pinned`"
    assert caught.value.message == told
    assert caught.value.reason == "MODEL_ABSENT"


def test_an_unknown_name_is_told(store: Store) -> None:
    with pytest.raises(Misconfigured, match="unknown model 'none'"):
        store.path("none")


def test_a_flipped_byte_is_told_by_file_and_mended_by_a_command(store: Store) -> None:
    folder = put_pinned(store)
    store.path("pinned")
    (folder / "model.bin").write_bytes(FLIPPED)
    with pytest.raises(Misconfigured) as caught:
        store.path("pinned")
    assert caught.value.message == (
        f"model 'pinned' cannot be used: {folder}/model.bin is corrupt: its SHA-256 is "
        f"{sha256(FLIPPED)} instead of {sha256(DATA)}; run `antiphon models pull pinned`"
    )
    assert caught.value.reason == "MODEL_CORRUPT"


def test_every_wrong_file_is_reported(store: Store) -> None:
    folder = put(store, PINNED, model_bin=b"short", a_config_json=b"{}")
    (folder / "a/config.json").unlink()
    report = store.inspect("pinned")
    assert report.state is State.DAMAGED
    assert report.faults == {
        "model.bin": f"{folder}/model.bin has 5 bytes instead of {len(DATA)}",
        "a/config.json": f"{folder}/a/config.json is missing",
    }


def test_verify_reads_what_seems_not_to_have_changed(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = put_pinned(store)
    store.path("pinned")
    # A failing disk changes bytes without any time of the file changing.
    known = os.stat(folder / "model.bin")
    monkeypatch.setattr("models.seen._identity", lambda path: [known.st_size, 1, 1, 1])
    store.verify("pinned")
    (folder / "model.bin").write_bytes(FLIPPED)
    assert store.state("pinned") is State.READY
    assert store.verify("pinned").state is State.DAMAGED
    assert store.state("pinned") is State.DAMAGED


def test_a_loose_file_must_stay_what_it_was_when_it_was_pulled(store: Store) -> None:
    folder = put(store, LOOSE)
    pins = SitePins("c" * 40, LOOSE.source.describe(), {"model.bin": pin_of(folder / "model.bin")})
    write_site_pins(store.root, "loose", pins)
    assert store.path("loose") == folder
    (folder / "model.bin").write_bytes(FLIPPED)
    assert store.state("loose") is State.DAMAGED


def test_a_loose_file_that_nobody_pulled_is_not_trusted(store: Store) -> None:
    folder = put(store, LOOSE)
    report = store.inspect("loose")
    assert report.faults == {"model.bin": f"{folder}/model.bin has no hash that it must have"}


def test_pins_of_another_revision_are_outdated(store: Store) -> None:
    put(store, LOOSE)
    write_site_pins(store.root, "loose", SitePins("", "someone/loose at v1", {"m": Pin("", 1)}))
    report = store.inspect("loose")
    assert report.state is State.OUTDATED
    assert "is from someone/loose at v1, not someone/loose at main" in report.faults[""]


def test_a_converted_model_must_be_what_was_made(store: Store) -> None:
    folder = convert(store, MADE, {"model.bin.part1": sha256(DATA)})
    assert store.path("made") == folder
    (folder / "model.bin").write_bytes(FLIPPED)
    assert store.state("made") is State.DAMAGED


def test_a_converted_model_without_its_record_is_damaged(store: Store) -> None:
    put(store, MADE)
    assert store.inspect("made").state is State.DAMAGED


def test_a_new_converter_makes_old_outputs_outdated(store: Store) -> None:
    folder = convert(store, MADE, {"model.bin.part1": sha256(DATA)}, version=0)
    report = store.inspect("made")
    assert report.state is State.OUTDATED
    assert report.faults[""] == f"{folder} was made by join-parts 0, and join-parts 1 is current"
    with pytest.raises(Misconfigured, match=r"was made by join-parts 0.*models pull made`"):
        store.path("made")


def test_another_input_in_the_catalogue_makes_outputs_outdated(store: Store) -> None:
    convert(store, MADE, {"model.bin.part1": sha256(FLIPPED)})
    report = store.inspect("made")
    assert report.state is State.OUTDATED
    assert "was made from another model.bin.part1 than parts has" in report.faults[""]


def test_an_input_that_was_made_anew_makes_outputs_outdated(store: Store) -> None:
    convert(store, MADE, {"model.bin.part1": sha256(DATA)})
    convert(store, AGAIN, {"model.bin": sha256(DATA)})
    assert store.state("again") is State.READY
    convert(store, AGAIN, {"model.bin": sha256(FLIPPED)})
    assert store.state("again") is State.OUTDATED


def test_a_converted_model_does_without_its_input(store: Store) -> None:
    convert(store, AGAIN, {"model.bin": sha256(FLIPPED)})
    assert store.state("again") is State.READY


def test_hashes_and_revision_tell_weights_apart(store: Store) -> None:
    folder = put_pinned(store)
    assert store.hashes("pinned") == {"model.bin": sha256(DATA), "a/config.json": sha256(b"{}")}
    first = store.revision("pinned")
    assert len(first) == 12
    convert(store, MADE, {"model.bin.part1": sha256(DATA)})
    assert store.revision("made") != first
    assert store.folder("pinned") == folder


def test_hashes_of_a_damaged_model_are_refused(store: Store) -> None:
    put(store, PINNED)
    with pytest.raises(Misconfigured, match="cannot be used"):
        store.hashes("pinned")


def test_a_store_is_opened_as_the_settings_say(tmp_path: Path) -> None:
    found = open_store(ModelsSettings(dir=tmp_path))
    assert found.root == tmp_path
    assert found.catalogue.entry("silero-vad")
    assert Store(tmp_path).catalogue.entry("silero-vad")
