"""The exported graphs on onnxruntime: the default runtime on a CPU.

CPU ms on one thread (medians, median of 5 to 9 runs, torch fp32 eager with weight norm folded / onnxruntime):

| words | encode  | flow, 62 frames | decode, 30 frames | decode, whole | Coqui's own inference |
|-------|---------|-----------------|-------------------|---------------|-----------------------|
| 5     | 19 / 12 | 11 / 7          | 19 / 15           | 90 / 79       | 210                   |
| 11    | 34 / 24 | 11 / 7          | 18 / 15           | 188 / 180     | 436                   |
| 28    | 69 / 53 | 11 / 8          | 19 / 15           | 366 / 364     | 839                   |
| 67    | 219/166 | 10 / 6          | 18 / 14           | 1384 / 830    | 2032                  |

The decoder as conv2d in channels_last and bfloat16 on torch takes 6 ms for 30 frames and 54 for 314 where
the processor has AMX, but at 40 dB below the signal its error is no longer nothing, and without AMX it is
slower than fp32. So the exact graphs are the default.

Several calls' windows in one run gain nothing on one thread, and two threads take a fifth more of the
processor for what they save in time. CPU ms a window (medians of 6, a busy machine) in runs of 1 / 2 / 4 / 8:

| decode     | 1 thread             | 2 threads             |
|------------|----------------------|-----------------------|
| 44 frames  | 41 / 46 / 44 / 46    | 50 / 54 / 48 / 53     |
| 64 frames  | 66 / 65 / 66 / 68    | 74 / 78 / 78 / 76     |
| 104 frames | 101 / 94 / 100 / 109 | 131 / 122 / 128 / 126 |
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnxruntime

from antiphon.audio import Float32
from inference.tts.vits.network import Encoded, Ids

onnxruntime.set_default_logger_severity(3)  # its warnings are about graph optimisation


class OnnxNetwork:
    """Runs the graphs `encode`, `flow` and `decode`."""

    def __init__(self, graphs: Mapping[str, Path], threads: int) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # A spinning thread takes the core that recognition and the language model need.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._sessions = {
            name: onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
            for name, path in graphs.items()
        }

    def encode(self, ids: Ids, noise: Float32, stretch: float) -> Encoded:
        """See `Network.encode`."""
        inputs = {"ids": ids, "noise": noise, "stretch": np.array([stretch], np.float32)}
        return Encoded(*self._sessions["encode"].run(None, inputs))

    def flow(self, latent: Float32) -> Float32:
        """See `Network.flow`."""
        return self._run("flow", latent)

    def decode(self, latent: Float32) -> Float32:
        """See `Network.decode`."""
        return self._run("decode", latent)

    def _run(self, graph: str, latent: Float32) -> Float32:
        outputs = self._sessions[graph].run(None, {"latent": np.ascontiguousarray(latent)})
        return np.asarray(outputs[0], np.float32)
