from __future__ import annotations

import sys
from pathlib import Path

import pytest

from antiphon.errors import Misconfigured
from models.sources import pip_settings
from models.sources.pip_settings import PYPI, PipSettings, read_pip_settings


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """An environment whose pip is not set up at all."""
    monkeypatch.setattr(pip_settings, "MACHINE_FILE", tmp_path / "etc/pip.conf")
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "venv"))
    return {"HOME": str(tmp_path / "home"), "XDG_CONFIG_DIRS": str(tmp_path / "xdg")}


def conf(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_a_machine_without_settings_asks_pypi(machine: dict[str, str]) -> None:
    assert read_pip_settings(machine) == PipSettings((PYPI,), (), None, None)


def test_each_place_wins_over_the_one_before(machine: dict[str, str], tmp_path: Path) -> None:
    places = [
        tmp_path / "xdg/pip/pip.conf",
        tmp_path / "etc/pip.conf",
        tmp_path / "home/.pip/pip.conf",
        tmp_path / "home/.config/pip/pip.conf",
        tmp_path / "venv/pip.conf",
        tmp_path / "own.conf",
    ]
    machine["PIP_CONFIG_FILE"] = str(places[-1])
    for number, place in enumerate(places):
        conf(place, f"[global]\nindex-url = https://{number}\n")
        assert read_pip_settings(machine).indexes == (f"https://{number}",)
    machine["PIP_INDEX_URL"] = "https://variable"
    assert read_pip_settings(machine).indexes == ("https://variable",)


def test_the_section_for_downloads_wins(machine: dict[str, str], tmp_path: Path) -> None:
    conf(
        tmp_path / "etc/pip.conf",
        "[download]\nindex_url = https://download\n[global]\nindex-url = https://global\n"
        "[install]\nindex-url = https://install\n",
    )
    assert read_pip_settings(machine).indexes == ("https://download",)


def test_several_places_are_asked_in_order(machine: dict[str, str], tmp_path: Path) -> None:
    conf(
        tmp_path / "etc/pip.conf",
        "[global]\nindex-url = https://a\nextra-index-url =\n    https://b\n    file:///c\n"
        "find-links = /wheels\n",
    )
    settings = read_pip_settings(machine)
    assert settings.indexes == ("https://a", "https://b", "file:///c")
    assert settings.find_links == ("/wheels",)


def test_a_machine_without_an_index_looks_at_links_alone(machine: dict[str, str]) -> None:
    machine |= {
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": "/wheels",
        "PIP_EXTRA_INDEX_URL": "https://b",
    }
    settings = read_pip_settings(machine)
    assert settings.indexes == ()
    assert settings.find_links == ("/wheels",)


def test_how_an_index_is_reached(machine: dict[str, str]) -> None:
    machine |= {
        "PIP_CERT": "/ca.pem",
        "PIP_PROXY": "http://proxy:3128",
        "PIP_TRUSTED_HOST": "a b:8443",
    }
    settings = read_pip_settings(machine)
    assert settings.cert == "/ca.pem"
    assert settings.proxy == "http://proxy:3128"
    assert settings.trusted_hosts == ("a", "b:8443")


def test_certificates_may_be_named_for_all_of_python(machine: dict[str, str]) -> None:
    machine["REQUESTS_CA_BUNDLE"] = "/ca.pem"
    assert read_pip_settings(machine).cert == "/ca.pem"


def test_files_can_be_left_out(machine: dict[str, str], tmp_path: Path) -> None:
    conf(tmp_path / "etc/pip.conf", "[global]\nindex-url = https://a\n")
    machine["PIP_CONFIG_FILE"] = "/dev/null"
    assert read_pip_settings(machine).indexes == (PYPI,)


@pytest.mark.parametrize("text", ["index-url = https://a", "[global\n", "[global]\n\xff = a\n"])
def test_a_broken_file_is_named(machine: dict[str, str], tmp_path: Path, text: str) -> None:
    conf(tmp_path / "etc/pip.conf", "")
    (tmp_path / "etc/pip.conf").write_text(text, "latin-1")
    with pytest.raises(Misconfigured, match=f"{tmp_path}/etc/pip.conf cannot be read"):
        read_pip_settings(machine)
