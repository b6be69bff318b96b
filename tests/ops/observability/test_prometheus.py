"""Debian's Prometheus itself, where it is; its answers otherwise made up."""

from __future__ import annotations

import asyncio
import shutil
import socket
import time
from pathlib import Path

import httpx
import pytest
import yaml

from antiphon.errors import Misconfigured, Unavailable
from ops.observability import prometheus as subject
from ops.observability.prometheus import (
    CONFIGURATION,
    HOST,
    Prometheus,
    Series,
    configured,
    free_port,
    installed,
    prometheus,
)

JOBS = ("gateway", "asr", "llm", "tts")
PATIENCE_S = 30.0


def nowhere() -> dict[str, str]:
    """Return targets where nobody listens: they are read all the same, and found to be down."""
    return dict.fromkeys(JOBS, f"{HOST}:{free_port()}")


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("prometheus") is None, reason="Prometheus is not installed")
def test_it_runs_on_the_committed_configuration(tmp_path: Path) -> None:
    async def main() -> tuple[list[Series], list[Series], set[str]]:
        begin_s = time.time()
        async with asyncio.timeout(PATIENCE_S), prometheus(tmp_path, nowhere()) as asking:
            while len(now := await asking.now("up")) < len(JOBS):  # noqa: ASYNC110
                await asyncio.sleep(0.1)
            over = await asking.range("up * 0 + 2", begin_s - 5, time.time() + 1, 1.0)
            names = {rule["name"] for rule in await asking.rules()}
            with pytest.raises(Misconfigured, match=r"refuses sum\(: "):
                await asking.now("sum(")
        return now, over, names

    now, over, names = asyncio.run(main())
    assert {one.labels["job"] for one in now} == set(JOBS)
    assert {value for one in now for value in one.values} == {0.0}
    assert {value for one in over for value in one.values} == {2.0}
    assert "AnswersLate" in names


def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    program = tmp_path / "prometheus"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setattr(subject, "installed", lambda _: str(program))


def start(tmp_path: Path) -> None:
    async def main() -> None:
        async with prometheus(tmp_path, nowhere()):
            pass

    asyncio.run(main())


def test_why_it_did_not_start_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(tmp_path, monkeypatch, "echo first; echo no such rule; exit 1")
    with pytest.raises(Misconfigured, match="did not start: no such rule"):
        start(tmp_path)


def test_one_that_never_answers_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(tmp_path, monkeypatch, "trap '' TERM; sleep 60 & wait; wait")
    monkeypatch.setattr(subject, "START_S", 0.3)
    monkeypatch.setattr(subject, "STOP_S", 0.1)
    with pytest.raises(Unavailable, match=r"not ready within 0.3 s: it said nothing"):
        start(tmp_path)


def test_without_it_the_line_that_installs_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(Misconfigured, match="apt-get install --yes prometheus"):
        installed("prometheus")


def test_the_configuration_is_read_every_second_and_elsewhere() -> None:
    text = configured(CONFIGURATION.read_text(), dict.fromkeys(JOBS, "127.0.0.1:1"))
    found = yaml.safe_load(text)
    assert found["global"]["scrape_interval"] == "1s"
    assert [job["static_configs"] for job in found["scrape_configs"]] == [
        [{"targets": ["127.0.0.1:1"]}]
    ] * len(JOBS)
    assert all(Path(name).is_file() for name in found["rule_files"])


def test_jobs_that_differ_are_told() -> None:
    with pytest.raises(Misconfigured, match="jobs asr, gateway, llm, tts, not gateway"):
        configured(CONFIGURATION.read_text(), {"gateway": "127.0.0.1:1"})


def test_answers_become_series() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.params["query"] == "x"
        series = [{"metric": {"a": "b"}, "values": [[1, "2.5"], [2, "NaN"], [3, "+Inf"]]}]
        return httpx.Response(200, json={"status": "success", "data": {"result": series}})

    async def main() -> list[Series]:
        through = httpx.MockTransport(answer)
        async with httpx.AsyncClient(transport=through, base_url="http://p") as client:
            return await Prometheus(client).range("x", 1, 3, 1)

    (one,) = asyncio.run(main())
    assert (dict(one.labels), one.times_s) == ({"a": "b"}, (1.0, 2.0, 3.0))
    assert str(one.values) == "(2.5, nan, inf)"


def test_ports_in_a_row_are_free() -> None:
    first = free_port(following=3)
    for port in range(first, first + 4):
        with socket.socket() as listener:
            listener.bind((HOST, port))


def test_ports_that_are_not_to_be_had_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "_taken", lambda _, port: None if port else 65_535)
    with pytest.raises(Unavailable, match="no 4 ports in a row"):
        free_port(following=3)
