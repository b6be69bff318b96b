from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from antiphon.errors import Unavailable
from ops.cli import up
from ops.cli.main import main
from ops.doctor.finding import Finding
from ops.settings import Settings, SupervisorSettings
from ops.supervisor.keeper import Crashed, Event, Killed, Ready, Stalled
from ops.supervisor.plan import Service
from ops.supervisor.run_folder import hold
from ops.talk.exchange import Exchange

EVENTS: list[Event] = [
    Ready("asr", 2.34),
    Ready("server", 1.0),
    Crashed("llm", "killed by SIGKILL", 0.5, Path("/logs/llm.log")),
    Stalled("asr", 5.2),
    Killed("tts", 6.0),
]


class Appliance:
    """What `up` stands on, made up: services that start at once, and a proof that `prove` gives."""

    def __init__(self) -> None:
        self.stopped = False
        self.prove: Callable[[], None] = lambda: None
        self.started: Callable[[], None] = lambda: None
        self.answers = True

    @asynccontextmanager
    async def supervised(
        self,
        services: Sequence[Service],
        folder: Path,
        settings: SupervisorSettings,
        report: Callable[[Event], None],
    ) -> AsyncIterator[None]:
        assert [one.name for one in services] == ["asr", "llm", "tts", "server"]
        try:
            self.started()
            if not self.answers:
                await asyncio.Event().wait()
            for event in EVENTS:
                report(event)
            yield
        finally:
            self.stopped = True

    async def proof(self, settings: Settings) -> Exchange:
        self.prove()
        return Exchange(heard="What is that?", answered="An apple.")


@pytest.fixture
def appliance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Appliance:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("ANTIPHON_SERVER__ADDRESS", f"unix:{tmp_path}/server.sock")
    made_up = Appliance()
    monkeypatch.setattr(up, "supervised", made_up.supervised)
    monkeypatch.setattr(up, "prove", made_up.proof)
    monkeypatch.setenv("ANTIPHON_SERVER__HTTP", f"unix:{tmp_path}/http.sock")
    monkeypatch.setattr(up, "way_in", lambda _: ["page: http://127.0.0.1:8080/#token=x"])
    monkeypatch.setattr(up, "pull_missing", lambda *_: ["whisper-base"])
    return made_up


def tell_to_stop(number: signal.Signals = signal.SIGINT) -> None:
    asyncio.get_running_loop().call_soon(os.kill, os.getpid(), number)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_starts_proves_serves_and_stops_in_order(
    appliance: Appliance, capsys: pytest.CaptureFixture[str], number: signal.Signals
) -> None:
    appliance.prove = lambda: tell_to_stop(number)
    assert main(["up"]) == 0
    assert appliance.stopped
    shown = capsys.readouterr().out
    in_order = [
        "models: silero-vad, ",
        "; pulled: whisper-base\n",
        "asr     ready in  2.3 s  faster-whisper whisper-base",
        "server  ready in  1.0 s  gateway",
        "llm     ended (killed by SIGKILL); starts again in 0.5 s; its log: /logs/llm.log\n",
        "tts     did not stop within 6 s, and was killed\n",
        "proof\n",
        "heard      What is that?",
        "serving at unix:",
        "page: http://127.0.0.1:8080/#token=x\n",
        "Ctrl-C stops everything.\n",
        "stopping; once more stops at once\n",
        "stopped\n",
    ]
    places = [shown.index(text) for text in in_order]
    assert places == sorted(places)


def test_interrupted_before_it_serves_is_another_status(
    appliance: Appliance, capsys: pytest.CaptureFixture[str]
) -> None:
    appliance.started = tell_to_stop
    appliance.answers = False
    assert main(["up"]) == 130
    assert appliance.stopped
    assert "proof" not in capsys.readouterr().out


def test_without_proof_it_serves_at_once(
    appliance: Appliance, capsys: pytest.CaptureFixture[str]
) -> None:
    appliance.started = tell_to_stop
    assert main(["up", "--no-proof"]) == 0
    shown = capsys.readouterr().out
    assert "proof\n" not in shown
    assert "serving at" in shown


def test_a_proof_that_fails_stops_everything(
    appliance: Appliance, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise Unavailable("its own question was not heard")

    appliance.prove = fail
    assert main(["up"]) == 1
    assert appliance.stopped
    told = capsys.readouterr()
    assert told.err == "antiphon: its own question was not heard\n"
    assert "serving at" not in told.out


def test_a_cancellation_of_another_kind_is_no_stop(appliance: Appliance) -> None:
    def cancel() -> None:
        raise asyncio.CancelledError

    appliance.prove = cancel
    with pytest.raises(asyncio.CancelledError):
        main(["up"])


def test_a_second_one_is_refused_before_anything_is_fetched(
    appliance: Appliance, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with hold(tmp_path / "antiphon"):
        assert main(["up"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "an appliance already runs in" in told.err


def test_a_bad_setting_is_told_before_anything_else(
    appliance: Appliance, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ANTIPHON_TTS__SPEED", "9")
    assert main(["up"]) == 2
    assert "tts.speed = '9'" in capsys.readouterr().err


def test_nobody_need_read_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object, **__: object) -> None:
        raise BrokenPipeError

    monkeypatch.setattr("builtins.print", gone)
    up._say("anything")


def test_a_card_that_will_not_do_stops_it_before_anything_starts(
    appliance: Appliance, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    amiss = Finding("card", "NVIDIA L4 has 1.0 GiB free", "end what holds the rest")
    monkeypatch.setattr(up, "card", lambda _: [Finding("card", "well"), amiss])
    monkeypatch.setattr(up, "claimed", lambda *_: pytest.fail("something was started"))
    assert main(["up"]) == 2
    assert capsys.readouterr().err == (
        "antiphon: NVIDIA L4 has 1.0 GiB free; end what holds the rest\n"
    )
