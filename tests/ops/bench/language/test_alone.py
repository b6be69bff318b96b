from __future__ import annotations

import asyncio
import os
import select
import stat
from pathlib import Path

import pytest

from antiphon.errors import Unavailable
from ops.bench.language.alone import MODULE, engine_alone

PATIENCE_S = 60.0


def interpreter(folder: Path, script: str) -> Path:
    """Return a stand-in for vLLM's interpreter."""
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_it_reads_what_the_process_wrote(tmp_path: Path) -> None:
    python = interpreter(
        tmp_path, 'echo noise; echo "{\\"1\\": \\"$1 $2 $3 $4 $OMP_NUM_THREADS\\"}" > "$5"'
    )
    found = asyncio.run(engine_alone(python, Path("model"), 3, None))
    assert found == {"1": f"-m {MODULE} model 0 3"}


@pytest.mark.parametrize("script", ["exit 3", "exit 0"])
def test_a_process_that_wrote_nothing_is_an_error(tmp_path: Path, script: str) -> None:
    with pytest.raises(Unavailable, match="vLLM alone ended"):
        asyncio.run(engine_alone(interpreter(tmp_path, script), Path("model"), 1, 4))


def test_it_ends_with_its_caller_and_so_does_what_it_started(tmp_path: Path) -> None:
    python = interpreter(tmp_path, f'sleep 60 & echo $! > "{tmp_path}/pid"; wait')

    async def main() -> int:
        task = asyncio.create_task(engine_alone(python, Path("model"), 1, None))
        while not (pid := text_of(tmp_path / "pid")):  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.01)
        child = os.pidfd_open(int(pid))
        task.cancel()
        await asyncio.wait([task])
        return child

    child = asyncio.run(main())
    # A pidfd is readable once its process has ended.
    assert select.select([child], [], [], PATIENCE_S)[0]
    os.close(child)


def text_of(path: Path) -> str:
    return path.read_text().strip() if path.exists() else ""
