from __future__ import annotations

from pathlib import Path

import pytest

from ops.bench.bench import Transport
from ops.bench.calls.line import DESCRIPTIONS, dial
from ops.bench.services import Running
from ops.settings import Settings


@pytest.mark.parametrize("transport", Transport)
def test_each_transport_has_its_line(transport: Transport, tmp_path: Path) -> None:
    assert DESCRIPTIONS[transport]
    line = dial(transport, Running(tmp_path, Settings.load({})))
    assert hasattr(line, "__aenter__")
