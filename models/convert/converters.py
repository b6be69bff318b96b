"""Which conversions there are, and how one is run."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from antiphon.errors import AntiphonError, Misconfigured

REPOSITORY = Path(__file__).parents[2]
# The longest takes 20 s on a slow core; one that takes this long hangs.
LIMIT_S = 900.0


@dataclass(frozen=True, slots=True)
class Converter:
    """A program `python -m MODULE INPUT_FOLDER OUTPUT_FOLDER`; a new `version` makes old outputs outdated."""

    module: str
    version: int
    environment: str = "main"


CONVERTERS: Mapping[str, Converter] = {
    "join-parts": Converter("models.convert.join_parts", 1),
    "gguf-to-hf": Converter("models.convert.gguf_to_hf", 1),
    "hf-to-ct2": Converter("models.convert.hf_to_ct2", 1),
    "piper-to-coqui": Converter("models.convert.piper_to_coqui", 1, environment="tts"),
}

Interpreters = Mapping[str, Path]
DEFAULT_INTERPRETERS: Interpreters = {
    "main": Path(sys.executable),
    "tts": REPOSITORY / ".venv-tts/bin/python",
}


def converter(name: str) -> Converter:
    """Return the conversion called `name`, or raise `Misconfigured` that lists those there are."""
    if name not in CONVERTERS:
        raise Misconfigured(
            f"unknown conversion {name!r}; there are: {', '.join(sorted(CONVERTERS))}"
        )
    return CONVERTERS[name]


def run(name: str, source: Path, target: Path, interpreters: Interpreters) -> None:
    """Fill the folder `target` from `source`; raise one of our errors with the program's last line."""
    made_by = converter(name)
    python = interpreters[made_by.environment]
    if not python.exists():
        raise Misconfigured(
            f"the conversion {name} needs the environment {made_by.environment!r}, and there is no {python}; "
            "`ops/up` makes it"
        )
    command = [str(python), "-m", made_by.module, str(source), str(target)]
    try:
        done = subprocess.run(
            command,
            cwd=REPOSITORY,
            env=_environ(),
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise AntiphonError(f"the conversion {name} did not end within {LIMIT_S:.0f} s") from None
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
        raise AntiphonError(f"the conversion {name} of {source} failed: {last}")


def _environ() -> dict[str, str]:
    """One thread: conversions wait for memory, and the machine has other work. No network."""
    return {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
