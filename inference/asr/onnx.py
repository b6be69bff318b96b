"""Opens ONNX networks: the one file that imports onnxruntime."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import onnxruntime

from antiphon.errors import Misconfigured

Network = onnxruntime.InferenceSession


def open_network(path: Path) -> Any:
    """Return the network in `path` on the CPU; raise `Misconfigured` where it cannot be read."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    # Spinning threads take the cores from the engines (ENGINES: ten times slower with a voice beside).
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # noqa: BLE001 - onnxruntime's own exceptions have no common root
        raise Misconfigured(
            f"cannot open the network {path}: {type(error).__name__}; `antiphon models verify`"
        ) from None
