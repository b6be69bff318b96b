"""What ops/bootstrap.sh knows of this clone: asked, not repeated here."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

from ops.doctor.finding import Finding
from ops.settings import REPOSITORY, Settings

SCRIPT = "ops/bootstrap.sh"
# Asking a package index that does not answer takes pip's own 15 s and one more try.
LIMIT_S = 60.0


def environments(settings: Settings) -> Iterator[Finding]:
    """Look at each environment that the settings need, and at where torch would come from."""
    names = ["main"]
    if settings.tts.engine == "coqui":
        names.append("tts")
    if settings.llm.engine == "vllm":
        names.append("vllm")
    outdated = [name for name in names if _ask(f"is_current {name}") is not None]
    for name in names:
        if name in outdated:
            yield Finding("environments", f"{name} is missing or not what its lock says", "ops/up")
        else:
            yield Finding("environments", f"{name} is current")
    yield from _torch([name for name in outdated if name != "main"])


def _torch(outdated: list[str]) -> Iterator[Finding]:
    if not outdated or not (REPOSITORY / ".uv/bin/python").exists():
        return
    problem = _ask(f"read_pip_settings && check_torch {' '.join(outdated)}")
    if problem is None:
        yield Finding("torch", "an index offers its build for CPUs")
    else:
        yield Finding("torch", problem or "no index offers it", "ops/up --torch-index URL")


def _ask(question: str) -> str | None:
    """Return what the script's functions print where they say no, or None where they say yes."""
    try:
        done = subprocess.run(
            ["bash", "-c", f"source {SCRIPT} && find_python && {question}"],
            cwd=REPOSITORY,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"no answer within {LIMIT_S:.0f} s"
    return done.stderr.strip() if done.returncode else None
