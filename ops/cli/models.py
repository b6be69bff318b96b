"""`antiphon models`: what weights there are, bring them, and check every byte of them."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from antiphon.errors import InvalidInput
from antiphon.settings import load
from models.catalogue import Entry
from models.convert.converters import Interpreters
from models.disk import MIB
from models.progress import Progress
from models.pull import pull
from models.settings import ModelsSettings
from models.sources.supply import CatalogueSupply, FolderSupply, Supply
from models.store import Report, State, Store, open_store
from ops.cli.pull_progress import shown, size_text
from ops.settings import SupervisorSettings

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="List, pull and verify the models.",
)


class Profile(StrEnum):
    """Which machine the models are for."""

    CPU = "cpu"
    GPU = "gpu"


Names = Annotated[
    list[str] | None, typer.Argument(help="names as `antiphon models list` shows them")
]


@app.command("list")
def list_command(
    long: Annotated[
        bool, typer.Option("--long", help="also what each licence allows, source, memory")
    ] = False,
) -> None:
    """Show every model of the catalogue, and whether the store has it.

    `unpinned` marks files whose hash the catalogue does not hold: they are trusted when they are
    first pulled, then `pinned here`, and must stay the same from then on.
    """
    store = open_store(settings())
    rows: list[tuple[str, ...]] = [("NAME", "ROLE", "FOR", "LICENCE", "SIZE", "STATE")]
    rows += [_row(store, entry) for entry in store.catalogue]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    details = ["", *(_details(entry) if long else "" for entry in store.catalogue)]
    for row, detail in zip(rows, details, strict=True):
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip() + detail)


@app.command("pull")
def pull_command(
    names: Names = None,
    profile: Annotated[
        Profile, typer.Option(help="with no NAMES: all that this profile runs with")
    ] = Profile.CPU,
    from_: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="FOLDER",
            help="take FOLDER/NAME/... such as another machine's store; no network",
        ),
    ] = None,
) -> None:
    """Bring models into the store: fetch, verify, convert.

    What is there and sound is left alone; what is corrupt is named and fetched again; what was
    interrupted goes on.
    """
    models = settings()
    store = open_store(models)
    wanted = names or [entry.name for entry in store.catalogue.of_profile(profile.value)]
    with shown() as progress:
        brought = pull(store, wanted, _supply(models, from_, progress), progress, interpreters())
    pulled = f"; pulled: {', '.join(brought)}" if brought else ""
    print(f"ready in {store.root}: {', '.join(wanted)}{pulled}")


@app.command("verify")
def verify_command(names: Names = None) -> None:
    """Read every file of the store whole and compare it with its hash; exit status 1 if one is wrong."""
    store = open_store(settings())
    given = names or [e.name for e in store.catalogue if store.folder(e.name).is_dir()]
    if not given:
        raise InvalidInput(f"there is no model in {store.root}: run `antiphon models pull`")
    reports = {name: store.verify(name) for name in given}
    for name, report in reports.items():
        _tell(name, report)
    if any(report.state is not State.READY for report in reports.values()):
        raise typer.Exit(1)


def _tell(name: str, report: Report) -> None:
    if report.state is State.READY:
        print(f"{name}: sound")
        return
    for fault in report.faults.values() or ["is not there"]:
        print(
            f"{name}: {report.state}: {fault}; run `antiphon models pull {name}`", file=sys.stderr
        )


def _supply(models: ModelsSettings, folder: Path | None, progress: Progress) -> Supply:
    if folder is not None:
        return FolderSupply(folder, progress)
    return CatalogueSupply(models.dir, models.hub_url, progress)


def settings() -> ModelsSettings:
    """Return the table [models]."""
    return load("models", ModelsSettings)


def interpreters() -> Interpreters:
    """Return which interpreter runs the conversions of which environment."""
    supervisor = load("supervisor", SupervisorSettings)
    return {"main": Path(sys.executable), "tts": supervisor.tts}


def _row(store: Store, entry: Entry) -> tuple[str, ...]:
    return (
        entry.name,
        entry.role,
        ",".join(entry.profiles) or "-",
        entry.licence,
        size_text(entry.disk_mib * MIB),
        _state(store, entry),
    )


def _state(store: Store, entry: Entry) -> str:
    state = store.state(entry.name)
    if entry.pinned or entry.source.kind == "convert":
        return state
    return f"{state}, unpinned" if state is State.ABSENT else f"{state}, pinned here"


def _details(entry: Entry) -> str:
    memory = ", ".join(f"{mib} MiB on {device}" for device, mib in entry.memory_mib.items())
    return f"\n    allows {entry.allows}\n    from {entry.source.describe()}; memory: {memory or '-'}\n"
