from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.errors import InvalidInput
from inference.llm.schema_example import MAX_CHARS, MAX_COUNT, MAX_DEPTH, example

INFINITE = float("inf")


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
        ({"type": []}, None),
        ({"enum": [], "type": "boolean"}, True),
        ({"anyOf": [], "type": "boolean"}, True),
        ({"type": "boolean", "examples": {"a": 1}}, True),
        ({"type": "array", "items": [{"type": "boolean"}, {}]}, [True]),
        ({"type": "array", "items": []}, [None]),
        ({"type": "array", "minItems": 2.0}, [None, None]),
        ({"type": "object", "properties": {"a": False}}, {"a": None}),
        (True, None),
        ({}, None),
    ],
)
def test_a_value_of_the_schema(schema: Any, value: Any) -> None:
    assert example(schema) == value


@pytest.mark.parametrize(
    ("schema", "wrong"),
    [
        ({"enum": {"a": 1}}, "enum must be a list"),
        ({"enum": 3}, "enum must be a list"),
        ({"enum": "ab"}, "enum must be a list"),
        ({"anyOf": {"a": {}}}, "anyOf must be a list"),
        ({"oneOf": 3}, "oneOf must be a list"),
        ({"$ref": ["#"]}, "ref must be a string"),
        ({"type": 3}, "type must be a string or a list"),
        ({"type": {}}, "type must be a string or a list"),
        ({"properties": ["a"]}, "properties must be an object"),
        ({"properties": None}, "properties must be an object"),
        ({"type": "object", "required": True}, "required must be a list of strings"),
        ({"type": "object", "required": "ab"}, "required must be a list of strings"),
        ({"type": "object", "required": [["a"]]}, "required must be a list of strings"),
        ({"properties": {"a": 3}}, "neither an object nor a boolean"),
        ({"type": "array", "items": "a"}, "neither an object nor a boolean"),
        ({"anyOf": [3]}, "neither an object nor a boolean"),
        ({"$ref": "#/title", "title": "a"}, "neither an object nor a boolean"),
        ({"type": "array", "minItems": -1}, "minItems must be a whole number"),
        ({"type": "array", "minItems": True}, "minItems must be a whole number"),
        ({"type": "array", "minItems": 1.5}, "minItems must be a whole number"),
        ({"type": "array", "minItems": INFINITE}, "minItems must be a whole number"),
        ({"type": "string", "minLength": "9"}, "minLength must be a whole number"),
        ({"type": "string", "maxLength": -1}, "maxLength must be a whole number"),
        ({"type": "integer", "minimum": "3"}, "minimum must be a number"),
        ({"type": "integer", "maximum": [3]}, "maximum must be a number"),
        ({"type": "number", "minimum": INFINITE}, "too large"),
        ({"const": [INFINITE]}, "too large"),
    ],
)
def test_what_is_no_schema(schema: Any, wrong: str) -> None:
    with pytest.raises(InvalidInput, match=wrong):
        example(schema)


@pytest.mark.parametrize("count", [MAX_COUNT, 10**9, 10**4000, 1e300])
def test_a_count_is_kept_up_to_a_bound(count: float) -> None:
    assert example({"type": "array", "minItems": count}) == [None] * MAX_COUNT
    assert len(example({"type": "string", "minLength": count})) == MAX_COUNT
    assert example({"type": "string", "maxLength": count}) == "example"


WIDE = {"type": "object", "required": ["a", "b", "c", "d"]}


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "array", "minItems": 300, "items": {"type": "array", "minItems": 300}},
        {
            "$ref": "#/$defs/a",
            "$defs": {"a": WIDE | {"properties": {name: {"$ref": "#/$defs/a"} for name in "abcd"}}},
        },
        {"type": "array", "minItems": 1000, "items": {"const": "a" * 1000}},
        {"type": "array", "minItems": 1000, "items": {"type": "object", "required": ["a" * 1000]}},
    ],
)
def test_an_example_that_is_too_long(schema: Any) -> None:
    with pytest.raises(InvalidInput, match="ask for less"):
        example(schema)


def test_nested_deeply() -> None:
    schema: Any = {}
    const: Any = []
    for _ in range(100_000):
        schema, const = {"type": "array", "items": schema}, [const]
    found = example(schema)
    for _ in range(MAX_DEPTH):
        (found,) = found
    assert found == [None]
    with pytest.raises(InvalidInput, match="nested too deeply"):
        example({"const": const})


KEYWORDS = st.sampled_from([
    "const", "enum", "examples", "default", "$ref", "anyOf", "type", "properties", "required", "items",
    "minItems", "minLength", "maxLength", "minimum", "maximum",
])  # fmt: skip
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=3)
    | st.sampled_from(["object", "array", "string", "integer", "#/a"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYWORDS | st.just("a"), inner),
)


@given(ANYTHING)
def test_any_schema_has_an_example_or_is_refused(schema: Any) -> None:
    try:
        found = example(schema)
    except InvalidInput:
        return
    assert len(json.dumps(found, allow_nan=False)) <= 2 * MAX_CHARS


def test_references_in_a_circle_come_to_an_end() -> None:
    found = example({"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]})
    depth = 0
    while found is not None:
        found, depth = found["a"], depth + 1
    assert depth < 20
