from __future__ import annotations

import pytest

from ops.observability.boards.engines import BOARD
from ops.observability.metric_names import asked
from tests.ops.observability.boards.whole import faults


def test_it_is_whole() -> None:
    assert faults(BOARD) == []


@pytest.mark.parametrize(
    ("section", "engine"), [("Listening", "asr"), ("Thinking", "llm"), ("Speaking", "tts")]
)
def test_each_engine_has_its_section(section: str, engine: str) -> None:
    (found,) = (one for one in BOARD.sections if one.title == section)
    queries = [query.promql for panel in found.panels for query in panel.queries]
    assert all(name.startswith(f"antiphon_{engine}_") for one in queries for name in asked(one))
