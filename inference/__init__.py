"""The GPU side: engines, one file each, and the gRPC services in front of them."""

import os

# onnxruntime reports to its maker from version 1.32 on, unless it is told not to before it is imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
