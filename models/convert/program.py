"""How a conversion is a program: two folders in, nothing or one line on standard error out."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from antiphon.errors import AntiphonError

FAILED = 1
MISUSED = 2


def program(convert: Callable[[Path, Path], None], arguments: Sequence[str] | None = None) -> int:
    """Run `convert` on the two folders of the command line; return the exit status."""
    given = sys.argv[1:] if arguments is None else arguments
    if len(given) != 2:
        print("usage: INPUT_FOLDER OUTPUT_FOLDER", file=sys.stderr)
        return MISUSED
    try:
        convert(Path(given[0]), Path(given[1]))
    except AntiphonError as error:
        print(error.message, file=sys.stderr)
        return FAILED
    return 0
