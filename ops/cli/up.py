"""`antiphon up`: models, services, a proof that they work, and then it serves."""

from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import suppress
from typing import Annotated

import typer

from antiphon.errors import Misconfigured
from antiphon.paths import runtime_dir
from ops.doctor.card import card
from ops.needed_models import needed, pull_missing
from ops.page import way_in
from ops.proof import prove, told
from ops.settings import Settings
from ops.supervisor.keeper import Crashed, Event, Killed, Ready, Stalled
from ops.supervisor.plan import GATEWAY, Service, listens, plan
from ops.supervisor.supervisor import claimed, supervised

INTERRUPTED = 130


def up_command(
    proof: Annotated[bool, typer.Option(help="hold one spoken exchange with itself first")] = True,
) -> None:
    """Fetch what models are missing, start the services, prove them, and serve until Ctrl-C."""
    settings = Settings.load()
    _check_card(settings)
    services = plan(settings)
    with claimed(services, runtime_dir()):
        _fetch(settings)
        raise typer.Exit(asyncio.run(_Appliance(settings, services).run(proof=proof)))


def _check_card(settings: Settings) -> None:
    """Raise `Misconfigured` where the engines would be started on a card that will not do."""
    for finding in card(settings):
        if finding.amiss:
            raise Misconfigured(f"{finding.what}; {finding.mend}")


def _fetch(settings: Settings) -> None:
    names = needed(settings)
    brought = pull_missing(settings, names)
    pulled = f"; pulled: {', '.join(brought)}" if brought else ""
    _say(f"models: {', '.join(names)}{pulled}")


class _Appliance:
    def __init__(self, settings: Settings, services: list[Service]) -> None:
        self._settings = settings
        self._services = services
        self._told_to_stop = False
        self._serving = False

    async def run(self, *, proof: bool) -> int:
        """Return the exit status, once everything has stopped."""
        self._stop_on_signals()
        try:
            async with supervised(
                self._services, runtime_dir(), self._settings.supervisor, self._report
            ):
                if proof:
                    _say("\n".join(["", "proof", *told(await prove(self._settings)), ""]))
                self._serving = True
                _say("\n".join(await asyncio.to_thread(_invitation, self._settings)))
                await asyncio.Event().wait()
        except asyncio.CancelledError:
            if not self._told_to_stop:
                raise
        _say("stopped")
        return 0 if self._serving else INTERRUPTED

    def _stop_on_signals(self) -> None:
        """The first signal stops in order; the second finds Python's own handling, which is at once."""
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None

        def stop() -> None:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)
            self._told_to_stop = True
            _say("\nstopping; once more stops at once")
            task.cancel()

        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop)

    def _report(self, event: Event) -> None:
        match event:
            case Ready(name, seconds):
                runs, address = self._runs(name)
                _say(f"{name:<8}ready in {seconds:4.1f} s  {runs:<44}  {address}")
            case Crashed(name, how, pause_s, log):
                _say(f"{name:<8}ended ({how}); starts again in {pause_s:g} s; its log: {log}")
            case Stalled(name, silent_s):
                _say(f"{name:<8}has answered nothing for {silent_s:.0f} s, and is killed")
            case Killed(name, grace_s):
                _say(f"{name:<8}did not stop within {grace_s:g} s, and was killed")

    def _runs(self, name: str) -> tuple[str, str]:
        table = getattr(self._settings, name)
        runs = "gateway" if name == GATEWAY else f"{table.engine} {table.model}"
        return runs, ", ".join(listens(self._settings, name).values())


def _invitation(settings: Settings) -> list[str]:
    return [
        f"serving at {settings.server.address}, key in {settings.server.key_file}",
        *way_in(settings.server),
        "try: .venv/bin/antiphon talk QUESTION.wav --answer answer.wav",
        "Ctrl-C stops everything.",
    ]


def _say(line: str) -> None:
    # Whoever read it may be gone; that is no reason to stop serving.
    with suppress(BrokenPipeError):
        print(line, file=sys.stdout, flush=True)
