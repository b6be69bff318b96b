"""Answers as `ops.bench.voice.reference` would; stops when it is told to."""

from __future__ import annotations

import json
import sys

for line in iter(sys.stdin.readline, ""):
    request = json.loads(line)
    if request.get("speak") == "stop":
        sys.exit(1)
    reply = {"snr_db": 118.0} if "seam" in request else {"ms": float(len(request["speak"]))}
    print(json.dumps(reply), flush=True)
