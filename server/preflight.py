"""What a site set wrong, in one line and before anything starts.

`python -m server.preflight PORT... -- FILE... [-- MODELS]` is the first of the containers
(`docker-compose.gpu.yml`): all others wait until it has ended well. PORT is `NAME=NUMBER` or
`NAME=FIRST-LAST`, as the site's variables have it; FILE is a secret, of whatever service; MODELS is the
folder of the models that the plan's variables name.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from antiphon.errors import Misconfigured

PORTS = range(1, 65_536)
USAGE = "usage: python -m server.preflight NAME=PORT|NAME=FIRST-LAST ... -- FILE ... [-- MODELS]"
# Without this one the words alone say that a turn is over.
OPTIONAL = "ANTIPHON_ASR__END_OF_TURN"
MODEL_VARIABLES = (
    "ANTIPHON_ASR__VAD",
    OPTIONAL,
    "ANTIPHON_ASR__MODEL",
    "ANTIPHON_LLM__MODEL",
    "ANTIPHON_TTS__MODEL",
)


def check_ports(given: Iterable[str]) -> None:
    """Raise `Misconfigured` where one is no port, or two services are told to use the same."""
    taken: dict[str, range] = {}
    for one in given:
        name, _, text = one.partition("=")
        ports = _ports(name, text)
        for other, others in taken.items():
            shared = range(max(ports[0], others[0]), min(ports[-1], others[-1]) + 1)
            if shared:
                raise Misconfigured(
                    f"{other} and {name} are told to use one port, {shared[0]}: give one of them another"
                )
        taken[name] = ports


def check_secrets(files: Iterable[Path]) -> None:
    """Raise `Misconfigured` where a secret is missing or empty.

    Some are readable by the service alone that needs them: of these only the size is seen.
    """
    for file in files:
        try:
            empty = not file.stat().st_size
        except OSError as error:
            raise Misconfigured(f"cannot find the secret {file.name}: {error.strerror}") from None
        try:
            empty = not file.read_bytes().strip()
        except PermissionError:
            pass
        except OSError as error:
            raise Misconfigured(f"cannot read the secret {file.name}: {error.strerror}") from None
        if empty:
            raise Misconfigured(
                f"the secret file {file.name} is empty: delete it and run `ops/secrets`, or write the "
                "secret into it"
            )


def check_models(folder: Path, environ: Mapping[str, str]) -> None:
    """Raise `Misconfigured` where the plan does not name a model, or names some that are not in `folder`.

    What is in a model's files, each engine sees for itself.
    """
    names = [_model(variable, environ) for variable in MODEL_VARIABLES]
    missing = [name for name in names if name and not _holds_files(folder / name)]
    if missing:
        raise Misconfigured(
            f"not in the folder that ANTIPHON_MODELS names: {', '.join(missing)}; run "
            f"`antiphon models pull {' '.join(missing)}` there"
        )


def _model(variable: str, environ: Mapping[str, str]) -> str:
    name = environ.get(variable)
    if name is None or not (name or variable == OPTIONAL):
        raise Misconfigured(
            f"gpu.env does not set {variable}: write it with `antiphon plan --gpu NAME --write gpu.env`"
        )
    return name


def _holds_files(folder: Path) -> bool:
    try:
        return any(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise Misconfigured(
            f"cannot read the model {folder.name} as user {os.geteuid()}: {error.strerror}"
        ) from None


def _ports(name: str, text: str) -> range:
    first, dash, last = text.partition("-")
    last = last if dash else first
    if first.isdecimal() and last.isdecimal() and int(first) <= int(last):
        ports = range(int(first), int(last) + 1)
        if ports[0] in PORTS and ports[-1] in PORTS:
            return ports
    raise Misconfigured(f"{name} = {text!r} is neither a port from 1 to 65535 nor FIRST-LAST")


def _sections(arguments: list[str]) -> list[list[str]]:
    found: list[list[str]] = [[]]
    for one in arguments:
        if one == "--":
            found.append([])
        else:
            found[-1].append(one)
    return found


def main(arguments: list[str]) -> int:
    """Return the exit status: 2 where something is wrong, which is told on stderr."""
    if "--" not in arguments:
        print(USAGE, file=sys.stderr)
        return 2
    ports, *rest = _sections(arguments)
    try:
        check_ports(ports)
        check_secrets(map(Path, rest[0]))
        for models in rest[1:]:
            check_models(Path(*models), os.environ)
    except Misconfigured as problem:
        print(problem.message, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
