from __future__ import annotations

from pathlib import Path

import pytest

from antiphon.errors import Misconfigured
from models.pins import Pin
from models.site_pins import SitePins, read_site_pins, write_site_pins

PINS = SitePins("c" * 40, "someone/small at main", {"model.bin": Pin("a" * 64, 7)})


def test_pins_are_kept(tmp_path: Path) -> None:
    write_site_pins(tmp_path, "small", PINS)
    assert read_site_pins(tmp_path, "small") == PINS


def test_a_model_that_was_never_pulled_has_none(tmp_path: Path) -> None:
    assert read_site_pins(tmp_path, "small") == SitePins()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"revision": "", "asked": "", "files": 1}'])
def test_broken_pins_are_not_taken_for_absent(tmp_path: Path, text: str) -> None:
    write_site_pins(tmp_path, "small", PINS)
    path = tmp_path / ".site-pins/small.json"
    path.write_text(text)
    with pytest.raises(Misconfigured, match=f"{path} cannot be read"):
        read_site_pins(tmp_path, "small")
