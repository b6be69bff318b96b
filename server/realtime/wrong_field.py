"""Which field of a client's event is wrong, of all that pydantic has to say about it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from openai.types.realtime import RealtimeClientEvent
from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

# The fields that say which member of a union is meant, the most telling last.
CHOOSES = ("type", "role")

# What is looked at: where so much is wrong, any of it will do.
MAX_ERRORS = 1000

# The names, indices and members of unions that lead to a place in an event.
Place = tuple[int | str, ...]


def wrong_field(error: ValidationError) -> tuple[str, str]:
    """Return the path of the field that is wrong, and what is wrong there.

    pydantic tries a value as each member of a union, and reports of all of them. What counts is the member
    that the value's `type` and `role` name; where they name none, they are wrong themselves.
    """
    found = error.errors(include_url=False, include_input=False)[:MAX_ERRORS]
    for each in found:
        # A union within a union counts as one.
        each["loc"] = tuple(part for part in each["loc"] if not str(part).startswith("union["))
    refuted = _refuted(found)
    for depth in range(1, 1 + max(len(each["loc"]) for each in found)):
        left = [each for each in found if each["loc"][:depth] not in refuted]
        if not left:
            return _none_is_meant([refuted[each["loc"][:depth]] for each in found])
        found = left
    return _path(found[0]), found[0]["msg"]


@cache
def field_names() -> frozenset[str]:
    """Return the names of all fields of all events."""
    union: TypeAdapter[Any] = TypeAdapter(RealtimeClientEvent)
    return frozenset(_properties(union.json_schema()))


def _refuted(found: Iterable[ErrorDetails]) -> dict[Place, ErrorDetails]:
    """Return the members of unions that are not meant, each with what says so."""
    refuted: dict[Place, ErrorDetails] = {}
    for each in found:
        place = each["loc"]
        if _is_member(place):
            refuted[place] = each
        elif place[-1] in CHOOSES and each["type"] in ("literal_error", "missing"):
            said = refuted.get(place[:-1])
            if _is_member(place[:-1]) and (said is None or said["loc"][-1] == "role"):
                refuted[place[:-1]] = each
    return refuted


def _none_is_meant(said: Sequence[ErrorDetails]) -> tuple[str, str]:
    """Return what is wrong where all members are refuted: by a wrong role, the type was right."""
    most = max(said, key=_telling)
    path = _path(most)
    if most["type"] != "literal_error" or not _telling(most):
        return path, most["msg"]
    alike = [each for each in said if each["type"] == "literal_error" and _path(each) == path]
    allowed = dict.fromkeys(each["ctx"]["expected"] for each in alike)
    return path, f"Input should be one of {', '.join(allowed)}"


def _telling(error: ErrorDetails) -> int:
    last = error["loc"][-1]
    return 1 + CHOOSES.index(str(last)) if last in CHOOSES else 0


def _is_member(place: Place) -> bool:
    return bool(place) and isinstance(place[-1], str) and place[-1] not in field_names()


def _path(error: ErrorDetails) -> str:
    # Without the members of unions, and the caller's own keys in a mapping.
    return ".".join(
        str(part) for part in error["loc"] if isinstance(part, int) or part in field_names()
    )


def _properties(schema: Any) -> set[str]:
    """Return the names of properties anywhere in a JSON schema."""
    if isinstance(schema, list):
        return set().union(*map(_properties, schema))
    if not isinstance(schema, dict):
        return set()
    return set(schema.get("properties", ())).union(*map(_properties, schema.values()))
