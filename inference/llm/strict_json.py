"""JSON as RFC 8259 has it: Python's own parser takes NaN and Infinity as well."""

from __future__ import annotations

import json
from typing import NoReturn

from inference.llm.engine import Json


def parse(text: str) -> Json:
    """Return the value; raise `ValueError` for anything that another parser would not take."""
    try:
        return json.loads(text, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON number")
