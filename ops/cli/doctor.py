"""`antiphon doctor`: what is missing here, and the command that mends it."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from ops.doctor.finding import Finding
from ops.doctor.visit import visit

MARKS = {False: "ok", True: "AMISS"}


def doctor_command(
    deep: Annotated[bool, typer.Option("--deep", help="read every byte of every model")] = False,
) -> None:
    """Look at platform, packages, environments, models, disk and addresses.

    Exit status 1 if something is missing.
    """
    amiss = 0
    for finding in visit(deep=deep):
        _show(finding)
        amiss += finding.amiss
    if amiss:
        print(f"\n{amiss} to mend")
        raise typer.Exit(1)
    print("\nnothing is missing")


def _show(finding: Finding) -> None:
    red, plain = ("\x1b[31m", "\x1b[0m") if finding.amiss and sys.stdout.isatty() else ("", "")
    mark = MARKS[finding.amiss]
    print(f"{red}{mark:<7}{finding.topic:<14}{finding.what}{plain}")
    if finding.mend:
        print(f"{'':<21}{finding.mend}")
