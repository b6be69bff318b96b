"""Lines of a log, in both formats, and whom they are about."""

from __future__ import annotations

import asyncio
import json
import logging

import pytest

from antiphon.observability import logs
from antiphon.observability.logs import SESSION, TURN, about, message_of, set_up

log = logging.getLogger("antiphon.made_up")


def test_text_says_whom_a_line_is_about(capfd: pytest.CaptureFixture[str]) -> None:
    set_up()
    log.warning("nobody's")
    with about(SESSION, "sess_1"), about(TURN, "resp_2"):
        log.error("it has %d ends", 2)
    log.debug("not written")
    first, second = capfd.readouterr().err.splitlines()
    assert first.endswith(" WARNING antiphon.made_up: nobody's")
    assert second.endswith(" ERROR antiphon.made_up sess_1 resp_2: it has 2 ends")
    assert message_of(second) == "it has 2 ends"


def test_json_says_the_same_in_fields(capfd: pytest.CaptureFixture[str]) -> None:
    set_up("json")
    with about(SESSION, "sess_1"):
        log.error("a line\nand another: %s", "x")
    [line] = capfd.readouterr().err.splitlines()
    entry = json.loads(line)
    assert entry.pop("time").endswith("+00:00")
    assert entry == {
        "level": "ERROR",
        "logger": "antiphon.made_up",
        "message": "a line\nand another: x",
        "session": "sess_1",
    }
    assert message_of(line) == "a line\nand another: x"


def test_an_exception_stays_within_its_line(capfd: pytest.CaptureFixture[str]) -> None:
    set_up("json")
    try:
        raise ValueError
    except ValueError:
        log.exception("it failed")
    [line] = capfd.readouterr().err.splitlines()
    assert json.loads(line)["trace"].startswith("Traceback")


def test_the_format_may_change_and_no_line_is_written_twice(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    set_up()
    set_up("json")
    log.info("once")
    [line] = capfd.readouterr().err.splitlines()
    assert message_of(line) == "once"
    assert json.loads(line)["level"] == "INFO"
    assert caplog.messages == ["once"]


@pytest.mark.parametrize("line", ["", "Traceback (most recent call last):", "[1, 2]", "7"])
def test_what_is_no_line_of_a_log_says_nothing(line: str) -> None:
    assert message_of(line) == ""


def test_tasks_inherit_whom_they_are_about_and_others_do_not() -> None:
    async def told() -> tuple[str, str]:
        await asyncio.sleep(0)
        return SESSION.get(), TURN.get()

    async def session(name: str) -> tuple[str, str]:
        SESSION.set(name)
        async with asyncio.TaskGroup() as tasks:
            turn = tasks.create_task(told())
        return turn.result()

    async def main() -> list[tuple[str, str]]:
        return list(await asyncio.gather(session("a"), session("b"), told()))

    assert asyncio.run(main()) == [("a", ""), ("b", ""), ("", "")]
    assert logs.SESSION.get() == ""
