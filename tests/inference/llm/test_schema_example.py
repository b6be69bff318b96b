from __future__ import annotations

from typing import Any

import pytest

from inference.llm.schema_example import example


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"const": 0}, 0),
        ({"enum": ["a", "b"]}, "a"),
        ({"type": "string", "examples": ["Paris"]}, "Paris"),
        ({"type": "string", "default": ""}, ""),
        ({"type": "string"}, "example"),
        ({"type": "string", "minLength": 9}, "exampless"),
        ({"type": "string", "maxLength": 2}, "ex"),
        ({"type": ["integer", "null"]}, 0),
        ({"type": "number", "minimum": 3}, 3),
        ({"type": "integer", "maximum": -2}, -2),
        ({"type": "boolean"}, True),
        ({"type": "null"}, None),
        ({"type": "array", "items": {"type": "boolean"}, "minItems": 2}, [True, True]),
        ({"type": "array", "items": {"type": "boolean"}}, [True]),
        ({"anyOf": [{"type": "boolean"}, {}]}, True),
        ({"properties": {"a": {"type": "boolean"}}}, {"a": True}),
        (
            {
                "type": "object",
                "properties": {"a": {}, "b": {"type": "boolean"}},
                "required": ["b"],
            },
            {"b": True},
        ),
        ({"$ref": "#/$defs/a", "$defs": {"a": {"const": 1}}}, 1),
        ({"$ref": "#/$defs/absent"}, None),
        ({"type": "wonderful"}, None),
        (True, None),
        ({}, None),
    ],
)
def test_a_value_of_the_schema(schema: Any, value: Any) -> None:
    assert example(schema) == value


def test_references_in_a_circle_come_to_an_end() -> None:
    found = example({"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]})
    depth = 0
    while found is not None:
        found, depth = found["a"], depth + 1
    assert depth < 20
