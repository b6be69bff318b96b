from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from antiphon.errors import Misconfigured
from models.catalogue import (
    OURS,
    Catalogue,
    ConvertSource,
    File,
    HubSource,
    WheelSource,
    load_catalogue,
    read_entries,
)
from models.convert.converters import CONVERTERS
from models.disk import MIB
from tests.models.shelf import catalogue, entry, file, wheel_source

GOOD = """
[[models]]
name = "small"
role = "llm"
profiles = ["cpu"]
licence = "MIT"
allows = "everything"
disk_mib = 1
memory_mib = { cpu = 1 }
source = { kind = "hub", repository = "someone/small" }
files = [{ path = "model.bin" }]
"""
CONVERTED = {"kind": "convert", "from": "raw", "with": "join-parts"}
RAW = {"kind": "folder", "folder": "/mnt/raw"}


@pytest.fixture
def ours() -> Catalogue:
    return load_catalogue()


def test_ours_has_what_each_profile_needs(ours: Catalogue) -> None:
    cpu = {one.name for one in ours.of_profile("cpu")}
    assert cpu == {
        "whisper-base",
        "silero-vad",
        "smart-turn-v3.2",
        "smollm2-135m-instruct",
        "smollm2-135m-instruct-ct2",
        "en-us-joe-medium",
    }
    roles = {one.role for one in ours.of_profile("gpu")}
    assert roles == {"asr", "vad", "turn", "llm", "voice"}


def test_ours_is_consistent(ours: Catalogue) -> None:
    for one in ours:
        sizes = [found.size_bytes for found in one.files if found.size_bytes]
        if one.pinned:
            # The room asked for is what the files take.
            assert 0 <= one.disk_mib * MIB - sum(sizes) < 2 * MIB, one.name
        if isinstance(one.source, ConvertSource):
            assert one.source.with_ in CONVERTERS
            assert ours.entry(one.source.from_).role in ("input", one.role)
        if isinstance(one.source, WheelSource):
            assert one.pinned, f"{one.name}: a wheel's files are known"


def test_ours_says_what_the_voice_was_trained_on(ours: Catalogue) -> None:
    assert "lessac" in ours.entry("en-us-joe-medium").allows


def test_an_unknown_name_lists_the_known_ones(ours: Catalogue) -> None:
    with pytest.raises(Misconfigured, match="unknown model 'gpt'; the catalogue has: en-us-joe"):
        ours.entry("gpt")


def test_sources_describe_themselves(ours: Catalogue) -> None:
    described = {one.name: one.source.describe() for one in ours}
    assert described["silero-vad"] == "silero_vad-6.2.3-py3-none-any.whl"
    assert described["whisper-base"] == "whisper-base-parts by join-parts"
    assert described["llama-3.1-8b-instruct"].endswith("(gated)")
    assert entry("a", RAW, file("f")).source.describe() == "the folder /mnt/raw"


def test_a_file_is_found_at_its_origin() -> None:
    assert File(path="a").at_source == "a"
    assert File(path="a", origin="b/c").at_source == "b/c"


def test_a_site_adds_models_and_replaces_ours(tmp_path: Path) -> None:
    site = tmp_path / "site.toml"
    site.write_text(GOOD + GOOD.replace('"small"', '"silero-vad"'))
    found = load_catalogue(site)
    assert found.entry("small").licence == "MIT"
    assert isinstance(found.entry("silero-vad").source, HubSource)
    assert found.entry("whisper-base")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (('name = "small"', 'name = "Small Model"'), "model 'Small Model', name = 'Small Model'"),
        (('role = "llm"', 'role = "cook"'), "role = 'cook': Input should be 'asr'"),
        (('licence = "MIT"', 'licence = ""'), "licence = ''"),
        (('licence = "MIT"', ""), "licence = "),
        (("disk_mib = 1", "disk_mib = 1\ncolour = 1"), "colour = 1: Extra inputs"),
        (("disk_mib = 1", "disk_mib = 0"), "disk_mib = 0"),
        (('kind = "hub"', 'kind = "ftp"'), "source = "),
        (('"someone/small"', '"small"'), "source.hub.repository = 'small'"),
        (("cpu = 1", "tpu = 1"), "memory_mib.tpu"),
        (('path = "model.bin"', 'path = "../model.bin"'), "files.0.path = '../model.bin'"),
        (('path = "model.bin"', 'path = "/etc/passwd"'), "must stay inside the model's folder"),
        (('path = "model.bin"', 'path = "m", sha256 = "12"'), "files.0.sha256 = '12'"),
        (('{ path = "model.bin" }', '{ path = "m" }, { path = "m" }'), "files named twice: m"),
        (('{ path = "model.bin" }', ""), "files = "),
    ],
)
def test_a_bad_entry_is_told_by_name_and_field(
    tmp_path: Path, change: tuple[str, str], told: str
) -> None:
    site = tmp_path / "site.toml"
    assert change[0] in GOOD
    site.write_text(GOOD.replace(*change))
    with pytest.raises(Misconfigured, match=re.escape(told)) as caught:
        load_catalogue(site)
    assert str(site) in caught.value.message
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("models = 1", "`models` must be tables"),
        ("models = [1]", "`models` must be tables"),
        ("[[model]]", "unknown table 'model'"),
        ("[[models]", "cannot read the model catalogue"),
        (GOOD + GOOD, "model 'small' is there twice"),
    ],
)
def test_a_bad_catalogue_is_told(tmp_path: Path, text: str, told: str) -> None:
    site = tmp_path / "site.toml"
    site.write_text(text)
    with pytest.raises(Misconfigured, match=re.escape(told)):
        read_entries(site)


def test_a_catalogue_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot read the model catalogue"):
        load_catalogue(tmp_path / "none.toml")


def test_inputs_come_before_what_is_made_from_them() -> None:
    found = catalogue(
        entry("made", {**CONVERTED, "from": "half"}, file("f")),
        entry("half", CONVERTED, file("f")),
        entry("raw", RAW, file("f")),
    )
    assert [one.name for one in found.chain("made")] == ["raw", "half", "made"]
    assert [one.name for one in found.chain("raw")] == ["raw"]


def test_a_model_made_from_itself_is_refused() -> None:
    found = catalogue(
        entry("a", {**CONVERTED, "from": "b"}, file("f")),
        entry("b", {**CONVERTED, "from": "a"}, file("f")),
    )
    with pytest.raises(Misconfigured, match="model 'a' is made from itself"):
        found.chain("a")


def test_an_entry_is_pinned_if_every_file_is() -> None:
    assert entry("a", RAW, file("f", b"x")).pinned
    assert not entry("a", RAW, file("f", b"x"), file("g")).pinned


@pytest.mark.parametrize("name", ["a.tar.gz", "../x-1.whl", "x.whl"])
def test_a_wheel_is_named_as_wheels_are(name: str) -> None:
    source: dict[str, Any] = wheel_source("x", b"x")
    source["wheels"][0]["file"] = name
    with pytest.raises(ValidationError):
        entry("a", source, file("f", b"x"))


def test_ours_is_beside_its_module() -> None:
    assert OURS.is_file()
