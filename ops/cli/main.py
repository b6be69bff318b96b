"""The `antiphon` command: finds the sub-command, runs it, and tells what went wrong in one line.

A sub-command is imported only when it is called, so that `antiphon --help` is quick and no command
waits for what another one needs. Only the standard library is imported before that, so that this
file loads on any platform far enough to say that it is unsupported.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from ops.doctor.platform import unsupported

# Name, where its function or its typer application is, and what it does.
COMMANDS = {
    "up": (
        "ops.cli.up:up_command",
        "Make everything ready, prove it by one spoken exchange, and serve.",
    ),
    "status": (
        "ops.cli.status:status_command",
        "Show each service: state, address, model, memory.",
    ),
    "doctor": (
        "ops.cli.doctor:doctor_command",
        "Say what is missing here, and the command that mends it.",
    ),
    "models": ("ops.cli.models:app", "List, pull and verify the models."),
    "plan": (
        "ops.cli.plan:plan_command",
        "Say what fits on a graphics card, and write the settings for it.",
    ),
    "page": ("ops.cli.page:page_command", "Print a new address that opens the page, once."),
    "talk": ("ops.cli.talk:talk_command", "Ask the running appliance a recorded question."),
    "transcribe": (
        "ops.cli.transcribe:transcribe_command",
        "Write down what is said in a sound file.",
    ),
    "say": ("ops.cli.say:say_command", "Speak a text into a sound file."),
    "chaos": (
        "ops.cli.chaos:chaos_command",
        "Strike an appliance of its own in mid-turn, and tell what callers heard.",
    ),
    "bench": ("ops.cli.bench:bench_command", "Measure one part of the appliance."),
}
USAGE = (
    "Usage: antiphon COMMAND [OPTION]...\n\nA speech conversation server you own.\n\nCommands:\n"
)

# The operator's mistake and a wrong command line; everything else that fails is 1.
EXIT_FAILED = 1
EXIT_MISUSED = 2
EXIT_INTERRUPTED = 130


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    given = sys.argv[1:] if arguments is None else arguments
    problem = unsupported() or _outside_its_environment()
    if problem:
        return _fail(problem, EXIT_FAILED)
    if not given or given[0] in ("-h", "--help"):
        print(_help())
        return 0 if given else EXIT_MISUSED
    if given[0] not in COMMANDS:
        return _fail(
            f"there is no command {given[0]!r}; there are: {', '.join(COMMANDS)}", EXIT_MISUSED
        )
    return _run(given[0], given[1:])


def _help() -> str:
    lines = [f"  {name:<12}{does}" for name, (_, does) in COMMANDS.items()]
    return (
        USAGE + "\n".join(lines) + "\n\n`antiphon COMMAND --help` lists the options of a command."
    )


def _outside_its_environment() -> str:
    if find_spec("antiphon") is not None:
        return ""
    return (
        f"the interpreter {sys.executable} has no Antiphon: run `ops/up`, then `.venv/bin/antiphon`"
    )


def _run(name: str, arguments: list[str]) -> int:
    from antiphon.errors import AntiphonError, Misconfigured

    try:
        _application(name)(arguments, prog_name=f"antiphon {name}")
    except SystemExit as end:
        return _status(end.code)
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except (AntiphonError, BaseExceptionGroup) as error:
        cause = _first(error)
        if not isinstance(cause, AntiphonError):
            raise
        return _fail(
            cause.message, EXIT_MISUSED if isinstance(cause, Misconfigured) else EXIT_FAILED
        )
    return 0


def _application(name: str) -> Callable[..., Any]:
    """Import a sub-command; a plain function becomes an application of one command."""
    import typer

    module, attribute = COMMANDS[name][0].split(":")
    found = getattr(import_module(module), attribute)
    if isinstance(found, typer.Typer):
        return found
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    app.command()(found)
    return app


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _status(code: str | int | None) -> int:
    """Return the exit status that `sys.exit(code)` means."""
    if isinstance(code, str):
        return _fail(code, EXIT_FAILED)
    return code or 0


def _fail(message: str, status: int) -> int:
    red, plain = ("\x1b[31m", "\x1b[0m") if sys.stderr.isatty() else ("", "")
    print(f"{red}antiphon: {message}{plain}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
