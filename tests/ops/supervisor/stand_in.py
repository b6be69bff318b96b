"""A service for the supervisor's tests, run as a process: `STAND_IN` in its environment says how it is.

- serve: answers health checks at ANTIPHON_ASR__ADDRESS until SIGTERM
- refuse: ends as `antiphon.serving.run` does on a bad setting
- crash: prints a line and ends
- silent: ends
- hang: never answers, and ignores SIGTERM
- family: prints the process id of a child of its own, and goes when it is told to
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import Any


def main(kind: str) -> int:
    match kind:
        case "serve":
            return _serve()
        case "refuse":
            print("2026-01-01 00:00:00,000 ERROR antiphon.serving: the model is not there; pull it")
            return 2
        case "crash":
            print("this went wrong", flush=True)
            return 7
        case "silent":
            return 7
        case "hang":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        case "family":
            child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
            print(child.pid, flush=True)
    print("waiting", flush=True)
    time.sleep(600)
    return 0


def _serve() -> int:
    from antiphon.serving import run, serve

    async def register(_: Any) -> list[str]:
        return []

    return run(serve(os.environ["ANTIPHON_ASR__ADDRESS"], register))


if __name__ == "__main__":
    sys.exit(main(os.environ["STAND_IN"]))
