"""A value that a JSON schema allows, for the simulated engine. Knows what tools use, not all there is."""

from __future__ import annotations

import json
from typing import Any

from antiphon.errors import InvalidInput
from inference.llm.engine import Json

# Local references may go in circles.
MAX_DEPTH = 16
# What is kept of minItems and minLength: a count of 10^9, which is valid, would take gigabytes.
MAX_COUNT = 1000
# Of an example as JSON, as many as a schema may have bytes: lists in lists and circles multiply.
MAX_CHARS = 64 * 1024


def example(schema: Json) -> Json:
    """Return a small value of `schema`; None where it asks for what is not known here.

    Raises `InvalidInput` for what is no JSON schema, or has no example of about `MAX_CHARS` at most.
    """
    return _Examples(schema).of(schema)


class _Examples:
    """Examples of the parts of one schema, which are about `MAX_CHARS` together at most."""

    def __init__(self, root: Json) -> None:
        self._root = root
        self._left = MAX_CHARS

    def of(self, schema: Json, depth: int = 0) -> Json:
        if depth > MAX_DEPTH or isinstance(schema, bool):
            return self._write(None)
        if not isinstance(schema, dict):
            raise InvalidInput("the JSON schema has a part that is neither an object nor a boolean")
        if "const" in schema:
            return self._write(schema["const"])
        if listed := _checked(schema, "enum", list, "a list", []) or _noted(schema):
            return self._write(listed[0])
        if "default" in schema:
            return self._write(schema["default"])
        if reference := _checked(schema, "$ref", str, "a string", ""):
            return self.of(_resolve(reference, self._root), depth + 1)
        for choices in ("anyOf", "oneOf", "allOf"):
            if found := _checked(schema, choices, list, "a list", []):
                return self.of(found[0], depth + 1)
        return self._of_type(schema, depth)

    def _of_type(self, schema: dict[str, Any], depth: int) -> Json:
        match _first_type(schema):
            case "object":
                return self._object(schema, depth)
            case "array":
                return self._array(schema, depth)
            case "string":
                return self._write(_string(schema))
            case "integer" | "number":
                return self._write(_number(schema))
            case "boolean":
                return self._write(True)
            case _:
                return self._write(None)

    def _object(self, schema: dict[str, Any], depth: int) -> Json:
        properties = _checked(schema, "properties", dict, "an object", {})
        names = _checked(schema, "required", list, "a list of strings", list(properties))
        if not all(isinstance(name, str) for name in names):
            raise _wrong("required", "a list of strings")
        self._write(names)
        return {name: self.of(properties.get(name, {}), depth + 1) for name in names}

    def _array(self, schema: dict[str, Any], depth: int) -> Json:
        self._write([])
        items = schema.get("items", {})
        if isinstance(items, list):  # one schema for each place, as drafts before 2020-12 have it
            items = items[0] if items else {}
        return [self.of(items, depth + 1) for _ in range(_count(schema, "minItems", 1))]

    def _write(self, value: Json) -> Json:
        """Return `value`, whose text is taken from what is left."""
        try:
            self._left -= len(json.dumps(value, allow_nan=False))
        except ValueError:  # 1e999 is JSON, and parsed to infinity
            raise InvalidInput("the JSON schema has a number that is too large") from None
        except RecursionError:
            raise InvalidInput("the JSON schema is nested too deeply") from None
        if self._left < 0:
            raise InvalidInput(
                f"an example of the JSON schema has over {MAX_CHARS} characters; ask for less"
            )
        return value


def _noted(schema: dict[str, Any]) -> list[Json]:
    """Return `examples`, a note that constrains nothing: one that is no list is passed over."""
    found = schema.get("examples")
    return found if isinstance(found, list) else []


def _string(schema: dict[str, Any]) -> str:
    text = "example".ljust(_count(schema, "minLength", 0), "s")
    return text[: _count(schema, "maxLength", MAX_COUNT)]


def _number(schema: dict[str, Any]) -> Any:
    most = _checked(schema, "maximum", (int, float), "a number", 0)
    return _checked(schema, "minimum", (int, float), "a number", min(0, most))


def _first_type(schema: dict[str, Any]) -> Any:
    default = "object" if "properties" in schema else ""
    kind = _checked(schema, "type", (str, list), "a string or a list", default)
    return kind[0] if isinstance(kind, list) and kind else kind


def _count(schema: dict[str, Any], name: str, default: int) -> int:
    wanted = "a whole number, 0 or more"
    count = _checked(schema, name, (int, float), wanted, default)
    if count < 0 or count % 1:  # infinity, which is what 1e999 becomes, has a remainder of nan
        raise _wrong(name, wanted)
    return int(min(count, MAX_COUNT))


def _checked(
    schema: dict[str, Any], name: str, kind: type | tuple[type, ...], wanted: str, default: Json
) -> Any:
    """Return what `schema` has under `name`, if it is of `kind`; True is no int here."""
    value = schema.get(name, default)
    if isinstance(value, bool) or not isinstance(value, kind):
        raise _wrong(name, wanted)
    return value


def _wrong(name: str, wanted: str) -> InvalidInput:
    return InvalidInput(f"the JSON schema's {name} must be {wanted}")


def _resolve(reference: str, root: Json) -> Json:
    """Follow `#/$defs/NAME`; anything that is not there is an empty schema."""
    found = root
    for part in reference.removeprefix("#/").split("/"):
        found = found.get(part, {}) if isinstance(found, dict) else {}
    return found
