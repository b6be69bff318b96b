from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from ops.doctor.finding import Finding
from ops.doctor.places import addresses, key
from ops.settings import Settings
from ops.supervisor.run_folder import hold
from server.access.installation_key import load_or_make


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path / "antiphon"


def settings(**environ: str) -> Settings:
    return Settings.load({f"ANTIPHON_SERVER__{name}": value for name, value in environ.items()})


def test_each_address_is_tried(folder: Path) -> None:
    places = {"ADDRESS": f"unix:{folder}/server.sock", "HTTP": f"unix:{folder}/http.sock"}
    found = list(addresses(settings(**places)))
    assert [one.what for one in found] == [
        *(
            f"{name} can listen at unix:{folder}/{name}.sock"
            for name in ("asr", "llm", "tts", "server")
        ),
        f"server can listen at unix:{folder}/http.sock",
    ]
    assert not any(one.amiss for one in found)


@pytest.mark.parametrize(("name", "place"), [("ADDRESS", -2), ("HTTP", -1)])
def test_a_taken_port_is_amiss(name: str, place: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        found = list(addresses(settings(**{name: address})))[place]
    assert found == Finding(
        "addresses",
        f"[server] {name.lower()}: cannot listen at {address}: Address already in use",
        "stop the process that uses it, or set another address",
    )


def test_an_address_that_is_none_is_amiss() -> None:
    found = list(addresses(settings(ADDRESS="nowhere")))[-2]
    assert found.amiss
    assert "'nowhere' is neither HOST:PORT nor unix:PATH" in found.what


def test_a_running_appliance_holds_its_addresses(folder: Path) -> None:
    with hold(folder):
        found = list(addresses(settings()))
    assert [one.what for one in found] == [
        f"the appliance runs in {folder} (process {os.getpid()})"
    ]


def test_the_key_is_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "key"
    chosen = settings(KEY_FILE=str(path))
    assert key(chosen) == Finding("key", f"{path} is made at the first start")
    load_or_make(path)
    assert key(chosen) == Finding("key", f"{path} is its owner's alone")
    path.chmod(0o644)
    found = key(chosen)
    assert found.what == f"others may read the key file {path}"
    assert found.mend == f"run `chmod 600 {path}`"
