from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.llm.strict_json import parse


@pytest.mark.parametrize(
    "text", ["", "{", "NaN", '{"a": Infinity}', "[-Infinity]", "[" * 100_000, "{'a': 1}"]
)
def test_what_other_parsers_refuse_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse(text)


@given(st.text())
def test_a_refusal_never_holds_the_text(text: str) -> None:
    try:
        parse(f"{{{text}")
    except ValueError as error:
        assert len(text) < 8 or text not in str(error)


def test_a_value_comes_back() -> None:
    assert parse('{"a": [1, 2.5, null, "é"]}') == {"a": [1, 2.5, None, "é"]}
