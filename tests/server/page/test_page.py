"""The page's own tests, which Node runs; they are in server/page/test."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest

from ops.checks import node, page
from ops.settings import REPOSITORY


@pytest.fixture(scope="module", autouse=True)
def packages() -> None:
    outcome = node.packages(page.PAGE)
    for reason in outcome.reasons:
        pytest.skip(reason)
    assert outcome.passed, outcome.output


def _run(script: str, **environ: str) -> None:
    done = subprocess.run(
        ["npm", "run", "--silent", script],
        cwd=page.PAGE,
        env={**os.environ, "NO_COLOR": "1", **environ},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_its_parts() -> None:
    _run("test")


@pytest.fixture
def gateway() -> Iterator[str]:
    """The address of a fake gateway that serves the kept page."""
    command = [sys.executable, "-m", "tests.server.page.fake_gateway"]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


@pytest.mark.slow
def test_in_chromium(gateway: str) -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium is not installed")
    _run("test:chromium", FAKE_GATEWAY=gateway, CHROMIUM=chromium)
