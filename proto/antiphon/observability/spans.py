"""Spans of traces as values, and the W3C Trace Context that joins them across processes. Pure.

A span is written down once it is over, from times that were taken anyway: what is not traced pays nothing for
it. Its identifiers are made when it begins, since calls carry them as `traceparent`.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from time import time_ns
from typing import Protocol

TRACEPARENT = "traceparent"
# W3C Trace Context, section 3.2: version, trace, parent, flags. All zeros are no identifier.
_HEADER = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}")

Attribute = str | int | float | bool


@dataclass(frozen=True, slots=True)
class TraceContext:
    """A span that others may be part of."""

    trace_id: int
    span_id: int

    def child(self) -> TraceContext:
        """Return a new span of the same trace."""
        return TraceContext(self.trace_id, _identifier(8))

    @property
    def header(self) -> str:
        """The `traceparent` that calls carry."""
        return f"00-{self.trace_id:032x}-{self.span_id:016x}-01"

    @property
    def metadata(self) -> tuple[tuple[str, str], ...]:
        """The metadata of a call that is part of it."""
        return ((TRACEPARENT, self.header),)


@dataclass(frozen=True, slots=True)
class Span:
    """What took from `begin_ns` to `end_ns` of the wall's clock; `serves` a call of another process."""

    name: str
    context: TraceContext
    parent_id: int | None
    begin_ns: int
    end_ns: int
    serves: bool = False
    attributes: Mapping[str, Attribute] = field(default_factory=dict)


class Spans(Protocol):
    """Takes spans, from any thread, without making anybody wait; some may be lost."""

    def record(self, span: Span) -> None:
        """Take `span`."""
        ...


def new_trace() -> TraceContext:
    """Return the first span of a trace."""
    return TraceContext(_identifier(16), _identifier(8))


def parse(header: str) -> TraceContext | None:
    """Return what a `traceparent` says; None where it is none."""
    found = _HEADER.fullmatch(header)
    return TraceContext(int(found[1], 16), int(found[2], 16)) if found else None


def of(metadata: Iterable[tuple[str, str | bytes]] | None) -> TraceContext | None:
    """Return what a call's metadata say it is part of; None where they do not."""
    for name, value in metadata or ():
        if name == TRACEPARENT and isinstance(value, str):
            return parse(value)
    return None


def wall_ns(at_s: float, now_s: float) -> int:
    """Return the wall's time of `at_s`, of a clock that shows `now_s`: spans of two hosts share no other."""
    return time_ns() - round((now_s - at_s) * 1e9)


def _identifier(size_bytes: int) -> int:
    return int.from_bytes(secrets.token_bytes(size_bytes)) or 1
