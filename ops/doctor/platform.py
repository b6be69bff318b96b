"""Whether this is a machine that Antiphon runs on. Loads on any, so it can say that it is not."""

from __future__ import annotations

import platform
import sys

SYSTEM = "Linux"
MACHINES = ("x86_64", "AMD64", "amd64")
PYTHON = (3, 11)


def unsupported() -> str:
    """Return one line that says what is unsupported here, or nothing where all is well."""
    found = f"{platform.system()} {platform.machine()}"
    if platform.system() != SYSTEM or platform.machine() not in MACHINES:
        return f"Antiphon runs on Linux x86-64; this machine is {found}."
    version = ".".join(str(part) for part in sys.version_info[:3])
    if platform.python_implementation() != "CPython" or sys.version_info[:2] != PYTHON:
        return (
            "Antiphon runs on CPython 3.11; this interpreter is "
            f"{platform.python_implementation()} {version} ({sys.executable})."
        )
    return ""
