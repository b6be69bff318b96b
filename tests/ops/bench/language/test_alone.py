from __future__ import annotations

import asyncio
import os
import stat
from pathlib import Path

import pytest

from antiphon.errors import Unavailable
from ops.bench.language.alone import MODULE, engine_alone


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


def test_it_ends_with_its_caller(tmp_path: Path) -> None:
    # `exec`, since what is killed is the process and not its children.
    python = interpreter(tmp_path, f'echo $$ > "{tmp_path}/pid"; exec sleep 60')

    async def main() -> None:
        task = asyncio.create_task(engine_alone(python, Path("model"), 1, None))
        while not (tmp_path / "pid").exists():  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(main())
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
