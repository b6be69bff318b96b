"""How a process writes its log: as text or as JSON, a line each, with the session and turn it is about."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

from antiphon.observability.settings import LogFormat

# Set in a session's and a turn's own task: whatever they call, and the tasks that they begin, inherit them.
SESSION: ContextVar[str] = ContextVar("session", default="")
TURN: ContextVar[str] = ContextVar("turn", default="")

TEXT = "%(asctime)s %(levelname)s %(name)s%(about)s: %(message)s"


def set_up(log_format: LogFormat = "text") -> None:
    """Write what this process logs to standard error, from now on so; other handlers stay."""
    root = logging.getLogger()
    root.handlers[:] = [
        each for each in root.handlers if not isinstance(each.formatter, Text | Json)
    ]
    handler = logging.StreamHandler()
    handler.setFormatter(Json() if log_format == "json" else Text(TEXT))
    root.addHandler(handler)
    root.setLevel(logging.INFO)


@contextmanager
def about(ids: ContextVar[str], identifier: str) -> Iterator[None]:
    """Have what is logged in the block, and in tasks begun in it, say `identifier`."""
    token = ids.set(identifier)
    try:
        yield
    finally:
        ids.reset(token)


class Text(logging.Formatter):
    """A line for people: the identifiers stand behind the logger's name."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        record.about = "".join(f" {each}" for each in (SESSION.get(), TURN.get()) if each)
        return super().format(record)


class Json(logging.Formatter):
    """An object a line, for programs."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        told = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "session": SESSION.get(),
            "turn": TURN.get(),
        }
        if record.exc_info:
            told["trace"] = self.formatException(record.exc_info)
        return json.dumps({name: value for name, value in told.items() if value})


def message_of(line: str) -> str:
    """Return what a line of a log says; nothing where it is none of either format."""
    try:
        found = json.loads(line)
    except ValueError:
        found = None
    if isinstance(found, dict):
        return str(found.get("message", ""))
    return line.rpartition(" ERROR ")[2].partition(": ")[2]
