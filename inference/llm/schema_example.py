"""A value that a JSON schema allows, for the simulated engine. Knows what tools use, not all there is."""

from __future__ import annotations

from typing import Any

from inference.llm.engine import Json

# Local references may go in circles.
MAX_DEPTH = 16


def example(schema: Json, root: Json = None, depth: int = 0) -> Json:
    """Return a small value of `schema`; None where it asks for what is not known here."""
    root = schema if root is None else root
    if not isinstance(schema, dict) or depth > MAX_DEPTH:
        return None
    if "const" in schema:
        return schema["const"]
    for listed in ("enum", "examples"):
        if schema.get(listed):
            return schema[listed][0]
    if "default" in schema:
        return schema["default"]
    if reference := schema.get("$ref"):
        return example(_resolve(reference, root), root, depth + 1)
    for choices in ("anyOf", "oneOf", "allOf"):
        if schema.get(choices):
            return example(schema[choices][0], root, depth + 1)
    return _of_type(schema, root, depth)


def _of_type(schema: dict[str, Any], root: Json, depth: int) -> Json:
    match _first_type(schema):
        case "object":
            properties = schema.get("properties", {})
            return {
                name: example(properties.get(name, {}), root, depth + 1)
                for name in schema.get("required", properties)
            }
        case "array":
            count = schema.get("minItems", 1)
            return [example(schema.get("items", {}), root, depth + 1)] * count
        case "string":
            return "example".ljust(schema.get("minLength", 0), "s")[: schema.get("maxLength")]
        case "integer" | "number":
            return schema.get("minimum", min(0, schema.get("maximum", 0)))
        case "boolean":
            return True
        case _:
            return None


def _first_type(schema: dict[str, Any]) -> Any:
    kind = schema.get("type", "object" if "properties" in schema else None)
    return kind[0] if isinstance(kind, list) and kind else kind


def _resolve(reference: Any, root: Json) -> Json:
    """Follow `#/$defs/NAME`; anything that is not there is an empty schema."""
    found = root
    for part in str(reference).removeprefix("#/").split("/"):
        found = found.get(part, {}) if isinstance(found, dict) else {}
    return found
