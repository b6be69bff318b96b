from __future__ import annotations

import subprocess
import sys
from types import ModuleType

import pytest
import typer

from antiphon.errors import InvalidInput, Misconfigured
from ops.cli import main as command_line


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module of commands that the command line knows, empty yet."""
    module = ModuleType("tests.commands")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(
        command_line,
        "COMMANDS",
        {"go": ("tests.commands:go", "Go."), "no": ("tests.commands:no", "")},
    )
    return module


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(f"  {name}" in shown for name in command_line.COMMANDS)


def test_no_command_shows_the_help_and_fails(capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.main([]) == 2
    assert "Usage: antiphon COMMAND" in capsys.readouterr().out


def test_an_unknown_command_is_told_with_those_that_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.main(["fly"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert (
        told.err
        == f"antiphon: there is no command 'fly'; there are: {', '.join(command_line.COMMANDS)}\n"
    )


def test_every_command_that_is_listed_can_be_imported() -> None:
    for name in command_line.COMMANDS:
        assert callable(command_line._application(name))


def test_an_unsupported_platform_is_told_before_anything_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command_line, "unsupported", lambda: "not on this machine")
    assert command_line.main(["doctor"]) == 1
    assert capsys.readouterr().err == "antiphon: not on this machine\n"


def test_an_interpreter_without_antiphon_is_told_what_to_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command_line, "find_spec", lambda _: None)
    assert command_line.main(["doctor"]) == 1
    assert capsys.readouterr().err.endswith("run `ops/up`, then `.venv/bin/antiphon`\n")


def test_a_function_is_run_with_its_arguments(
    commands: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    def go(where: str) -> None:
        print(f"to {where}")

    commands.go = go  # type: ignore[attr-defined]
    assert command_line.main(["go", "there"]) == 0
    assert capsys.readouterr().out == "to there\n"


def test_an_application_is_run_as_it_is(commands: ModuleType) -> None:
    app = typer.Typer()

    @app.command()
    def first() -> None:
        raise typer.Exit(7)

    @app.command()
    def second() -> None: ...

    commands.go = app  # type: ignore[attr-defined]
    assert command_line.main(["go", "first"]) == 7
    assert command_line.main(["go", "second"]) == 0


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InvalidInput("no good"), 1),
        (Misconfigured("no good"), 2),
        (
            ExceptionGroup(
                "of a task group", [ExceptionGroup("inner", [Misconfigured("no good")])]
            ),
            2,
        ),
        (SystemExit("antiphon said so"), 1),
        (SystemExit(None), 0),
    ],
)
def test_an_error_is_one_line_and_a_status(
    commands: ModuleType, capsys: pytest.CaptureFixture[str], error: BaseException, status: int
) -> None:
    def go() -> None:
        raise error

    commands.go = go  # type: ignore[attr-defined]
    assert command_line.main(["go"]) == status
    shown = capsys.readouterr().err
    assert shown.count("\n") == (1 if status else 0)
    assert "\x1b" not in shown


def test_an_error_is_red_on_a_terminal(
    commands: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def go() -> None:
        raise InvalidInput("no good")

    commands.go = go  # type: ignore[attr-defined]
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    command_line.main(["go"])
    assert capsys.readouterr().err == "\x1b[31mantiphon: no good\x1b[0m\n"


def test_an_interrupt_is_status_130(commands: ModuleType) -> None:
    def go() -> None:
        raise KeyboardInterrupt

    commands.go = go  # type: ignore[attr-defined]
    assert command_line.main(["go"]) == 130


def test_a_defect_is_not_hidden(commands: ModuleType) -> None:
    def go() -> None:
        raise ExceptionGroup("of a task group", [ZeroDivisionError()])

    commands.go = go  # type: ignore[attr-defined]
    with pytest.raises(ExceptionGroup):
        command_line.main(["go"])


def test_help_imports_nothing_but_the_standard_library() -> None:
    script = (
        "import sys; from ops.cli.main import main; main(['--help']);"
        "sys.exit(any(name in sys.modules for name in ('typer', 'grpc', 'numpy', 'pydantic')))"
    )
    assert subprocess.run([sys.executable, "-c", script], capture_output=True).returncode == 0
