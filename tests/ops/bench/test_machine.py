from __future__ import annotations

import json
from pathlib import Path

import pytest

from ops.bench import machine as module
from ops.bench.machine import machine


def test_it_names_what_a_figure_depends_on() -> None:
    found = machine()
    assert found["cores"] >= 1
    assert found["memory_gib"] > 0
    assert found["python"].startswith("3.11")
    assert json.loads(json.dumps(found)) == found


def test_a_processor_without_a_name_is_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = tmp_path / "cpuinfo"
    monkeypatch.setattr(module, "CPU_INFO", info)
    monkeypatch.setattr("platform.processor", lambda: "")
    info.write_text("processor : 0\n")
    assert machine()["cpu"] == "unknown"
    info.write_text("model name\t: Some CPU @ 2 GHz\n")
    assert machine()["cpu"] == "Some CPU @ 2 GHz"
