"""docker-compose.gpu.yml and .env.example: valid, whole, and nothing in either that the other lacks."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from antiphon.in_flight import PARTING_S, SHUTDOWN_GRACE_S
from antiphon.observability.settings import ObservabilitySettings
from antiphon.settings import Table, load
from inference.asr.settings import AsrSettings
from inference.llm.settings import LlmSettings
from inference.tts.settings import TtsSettings
from models.settings import ModelsSettings
from server.settings import ServerSettings
from server.webrtc.settings import WebRtcSettings

ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT / "docker-compose.gpu.yml"
EXAMPLE = ROOT / ".env.example"
ENGINES = ("asr", "llm", "tts")
OURS = (*ENGINES, "gateway", "preflight")
# NAME, NAME:-DEFAULT or NAME:?MESSAGE.
VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::(?P<kind>[-?])(?P<rest>[^}]*))?\}")
NEEDED = {
    "ANTIPHON_VERSION": "0.1.0",
    "ANTIPHON_GPU": "0",
    "ANTIPHON_MODELS": "/srv/models",
    "ANTIPHON_PUBLIC_ADDRESS": "192.0.2.1",
}
TABLES: Mapping[str, type[Table]] = {
    "asr": AsrSettings,
    "llm": LlmSettings,
    "tts": TtsSettings,
    "server": ServerSettings,
    "webrtc": WebRtcSettings,
    "models": ModelsSettings,
    "observability": ObservabilitySettings,
}


@cache
def text() -> str:
    return "\n".join(
        line for line in FILE.read_text().splitlines() if not line.lstrip().startswith("#")
    )


@cache
def compose() -> Any:
    return yaml.safe_load(text())


def filled(value: Any) -> Any:
    """Return a part of the file as compose reads it, with the variables that must be set and no others."""
    if isinstance(value, dict):
        return {key: filled(one) for key, one in value.items()}
    if isinstance(value, list):
        return [filled(one) for one in value]
    return VARIABLE.sub(_filled, value) if isinstance(value, str) else value


def _filled(found: re.Match[str]) -> str:
    return found["rest"] if found["kind"] == "-" else NEEDED[found["name"]]


def services() -> dict[str, Any]:
    return dict(filled(compose()["services"]))


def example() -> dict[str, tuple[str, bool]]:
    """Return each variable of `.env.example` with its value, and whether it stands there as a default."""
    lines = re.findall(r"^(#?)([A-Z]\w+)=(.*)$", EXAMPLE.read_text(), re.MULTILINE)
    return {name: (value, mark == "#") for mark, name, value in lines}


def passed_on() -> set[str]:
    """Return the variables that are handed to a container only where they are set."""
    return {
        name
        for service in services().values()
        for name, value in service.get("environment", {}).items()
        if value is None
    }


def config(folder: Path, environ: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run Compose itself over a copy: its schema, its interpolation."""
    program = shutil.which("docker-compose")
    if program is None:
        pytest.skip("docker-compose is not installed")
    shutil.copy(FILE, folder)
    (folder / "gpu.env").write_text("ANTIPHON_PROFILE=gpu\n")
    return subprocess.run(
        [program, "-f", FILE.name, "config"],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def test_compose_itself_takes_the_file(tmp_path: Path) -> None:
    done = config(tmp_path, NEEDED)
    assert done.returncode == 0, done.stderr
    assert set(yaml.safe_load(done.stdout)["services"]) == set(services())


@pytest.mark.parametrize("name", NEEDED)
@pytest.mark.parametrize("empty", [False, True])
def test_a_variable_that_is_missing_is_one_line_that_says_what_to_do(
    tmp_path: Path, name: str, empty: bool
) -> None:
    environ = {key: value for key, value in NEEDED.items() if key != name}
    done = config(tmp_path, environ | ({name: ""} if empty else {}))
    assert done.returncode != 0
    assert len(done.stderr.strip().splitlines()) == 1
    assert f"set {name} in .env to" in done.stderr


def test_every_variable_is_explained_with_its_default_and_no_other_is() -> None:
    used = {found["name"]: found for found in VARIABLE.finditer(text())}
    told = example()
    assert set(told) == set(used) | passed_on()
    for name, found in used.items():
        value, is_default = told[name]
        assert is_default == (found["kind"] == "-"), name
        assert name in NEEDED or value == found["rest"], name
    for found in VARIABLE.finditer(text()):  # the same default wherever it stands
        assert found.group() == used[found["name"]].group()


def test_no_variable_of_the_example_stands_there_without_a_word() -> None:
    for block in EXAMPLE.read_text().split("\n\n"):
        lines = block.splitlines()
        if any(re.match(r"#?[A-Z]\w+=", line) for line in lines):
            assert lines[0].startswith("# "), block


@pytest.mark.parametrize("kind", ["networks", "volumes", "secrets"])
def test_what_is_declared_is_used_and_what_is_used_declared(kind: str) -> None:
    used = set()
    for service in services().values():
        for one in service.get(kind, []):
            name = one.partition(":")[0]
            used |= {name} if not name.startswith((".", "/")) else set()
    assert used == set(compose()[kind])


def test_every_file_that_is_mounted_is_there() -> None:
    mounted = [
        volume.partition(":")[0]
        for service in services().values()
        for volume in service.get("volumes", [])
        if volume.startswith("./")
    ]
    absent = [path for path in mounted if not (ROOT / path).exists()]
    assert absent == ["./secrets/tls"]  # the site's own, made by ops/secrets
    made = (ROOT / "ops/secrets").read_text()
    assert 'install -d -m 0755 "$folder/tls"' in made
    for path in [one["file"] for one in compose()["secrets"].values()]:
        assert f"make {Path(path).name} " in made


def test_every_image_is_pinned_by_version() -> None:
    for name, service in services().items():
        tag = service["image"].rpartition(":")[2]
        assert re.fullmatch(r"v?\d+\.\d+\.\d+", tag), name
    for name, base in services()["asr"]["build"]["args"].items():
        if name.endswith("_BASE"):
            assert re.search(r":\d+\.\d+(\.\d+)?-", base), name


def published() -> Iterator[tuple[str, str, str]]:
    """Yield the service, the address and the port of each port of the host."""
    for name, service in services().items():
        for port in service.get("ports", []):
            host, _, _ = port.rpartition(":")
            address, _, number = host.rpartition(":")
            yield name, address, number


def test_no_engine_and_no_inner_service_is_reached_from_outside() -> None:
    assert {name for name, address, _ in published() if not address} == {"gateway"}
    assert {name for name, address, _ in published() if address == "127.0.0.1"} == {
        "prometheus",
        "grafana",
    }
    networks = compose()["networks"]
    for name in (*ENGINES, "otel-collector"):
        assert all(networks[one].get("internal") for one in services()[name]["networks"])
    for network in networks.values():
        masquerades = network.get("driver_opts", {}).get(
            "com.docker.network.bridge.enable_ip_masquerade"
        )
        assert network.get("internal") or masquerades == "false"
    on_the_host = [
        name for name, one in services().items() if one.get("network_mode") not in (None, "none")
    ]
    assert on_the_host == ["coturn"]


def test_preflight_sees_every_port_and_every_secret_first() -> None:
    preflight = compose()["services"]["preflight"]
    ports = set(re.findall(r"\$\{(ANTIPHON_\w+(?:PORT|RELAYS))", text()))
    command = preflight["command"]
    middle = command.index("--")
    assert {one.partition("=")[0] for one in command[3:middle]} == ports
    assert all(f"={'${'}{one.partition('=')[0]}:-" in one for one in command[3:middle])
    secrets = [f"/run/secrets/{name}" for name in compose()["secrets"]]
    assert command[middle + 1 :] == [*secrets, "--", "/models"]
    assert preflight["env_file"] == services()["asr"]["env_file"]
    assert preflight["volumes"][0] == compose()["services"]["asr"]["volumes"][0]
    assert preflight["secrets"] == list(compose()["secrets"])
    for name, service in services().items():
        waits = service.get("depends_on", {})
        first = waits.get("preflight", {}).get("condition")
        assert first == (None if name == "preflight" else "service_completed_successfully"), name


@pytest.mark.parametrize("fails", ["build", "ps", "up", "nothing"])
def test_an_update_ends_the_old_engine_only_where_the_new_one_is_healthy(
    tmp_path: Path, fails: str
) -> None:
    (commands,) = re.findall(
        r"(?:^#   .*&&\n)+^#   .*docker rm .*$", FILE.read_text(), re.MULTILINE
    )
    docker = tmp_path / "docker"
    docker.write_text(
        f'#!/bin/sh\necho "$*" >>{tmp_path}/asked\n'
        f'case "$*" in *" {fails} "*) exit 1;; *" ps "*) echo one;; esac\n'
    )
    docker.chmod(0o755)
    environ = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    pasted = commands.replace("#   ", "")
    done = subprocess.run(["sh", "-c", pasted], env=environ, check=False)
    asked = (tmp_path / "asked").read_text().splitlines()
    assert (done.returncode == 0) == (fails == "nothing")
    assert asked[-2:] == ["stop one", "rm one"] if fails == "nothing" else "stop one" not in asked


def test_it_starts_in_the_order_of_health() -> None:
    waits = services()["gateway"]["depends_on"]
    for name in (*ENGINES, "coturn"):
        assert waits[name]["condition"] == "service_healthy"
    assert services()["grafana"]["depends_on"]["prometheus"]["condition"] == "service_healthy"
    # Ours bring their own (Dockerfile.gpu); the collector's image has nothing to ask with.
    for name in set(services()) - set(OURS) - {"otel-collector"}:
        assert "test" in services()[name]["healthcheck"], name


def test_every_service_is_hardened() -> None:
    for name, service in services().items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["restart"] == ("no" if name == "preflight" else "unless-stopped"), name
        assert "privileged" not in service and service.get("user", "") != "0", name
        added = service.get("cap_add", [])
        assert added == (["NET_BIND_SERVICE"] if name == "coturn" else []), name
        for mount in service.get("tmpfs", []):
            assert "size=" in mount, name


def test_every_engine_has_the_card_and_the_models_which_it_cannot_change() -> None:
    for name in ENGINES:
        service = services()[name]
        (device,) = service["deploy"]["resources"]["reservations"]["devices"]
        assert device == {"driver": "nvidia", "device_ids": ["0"], "capabilities": ["gpu"]}
        assert "/srv/models:/models:ro" in service["volumes"]
        assert service["env_file"] == services()["gateway"]["env_file"] == ["gpu.env"]


def test_each_has_the_time_that_it_needs_to_stop() -> None:
    def seconds(name: str) -> float:
        return float(services()[name]["stop_grace_period"].removesuffix("s"))

    drain_s = float(services()["gateway"]["environment"]["ANTIPHON_SERVER__DRAIN_S"])
    assert seconds("gateway") >= drain_s + 2 * PARTING_S
    for name in ENGINES:
        assert seconds(name) >= SHUTDOWN_GRACE_S + 2 * PARTING_S


def image_environment(stage: str) -> dict[str, str]:
    """Return the variables that the image of `stage` sets."""
    whole = (ROOT / "Dockerfile.gpu").read_text()
    (block,) = re.findall(rf"FROM {stage}-system AS {stage}\n(.*?)\nRUN ", whole, re.DOTALL)
    return dict(re.findall(r"(\w+)=(\S+)", block.partition("ENV ")[2].replace("\\\n", " ")))


@pytest.mark.parametrize("name", [*ENGINES, "gateway"])
def test_every_setting_of_a_container_exists(name: str) -> None:
    given = {key: value for key, value in services()[name]["environment"].items() if value}
    environ = image_environment(name) | given
    tables = {
        variable.removeprefix("ANTIPHON_").partition("__")[0].lower()
        for variable in environ
        if variable.startswith("ANTIPHON_")
    }
    for table in tables:
        load(table, TABLES[table], environ)
    server = load("server", ServerSettings, environ)
    if name == "gateway":
        assert {server.asr, server.llm, server.tts} == {f"{one}:50051" for one in ENGINES}
        assert load("webrtc", WebRtcSettings, environ).turn_urls == (
            "turn:192.0.2.1:3478?transport=udp",
        )
    else:
        assert load(name, TABLES[name], environ).model_dump()["address"] == "0.0.0.0:50051"
