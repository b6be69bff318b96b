"""Opening networks."""

from __future__ import annotations

from pathlib import Path

import pytest

from antiphon.errors import Misconfigured
from inference.asr.onnx import open_network
from inference.asr.vad import FILE
from tests.weights import weights


@pytest.mark.model
def test_opens() -> None:
    network = open_network(weights("silero-vad") / FILE)
    assert {one.name for one in network.get_inputs()} == {"input", "state", "sr"}


@pytest.mark.parametrize("content", [None, b"", b"no network"])
def test_a_broken_file_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "broken.onnx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Misconfigured, match=r"broken\.onnx"):
        open_network(path)
