"""How coturn is started: with the site's settings, and without the secret where others see it."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest

from ops.settings import REPOSITORY

SCRIPT = REPOSITORY / "ops/turn/start.sh"
WRITTEN = Path("/tmp/turnserver.conf")
# In coturn's place: shows how it was called, and what it would read.
FAKE = '#!/bin/sh\necho "$@"\ncat "$2"\nstat -c "mode %a" "$2"\nrm "$2"\n'


def started(folder: Path, secret: str, **more: str) -> subprocess.CompletedProcess[str]:
    file = folder / "turn_secret"
    file.write_text(secret)
    program = folder / "turnserver"
    program.write_text(FAKE)
    program.chmod(stat.S_IRWXU)
    environ = {
        "PATH": f"{folder}:{os.environ['PATH']}",
        "ANTIPHON_PUBLIC_ADDRESS": "192.0.2.1",
        "ANTIPHON_TURN_PORT": "3478",
        "ANTIPHON_TURN_RELAYS": "49160-49559",
        "TURN_SECRET_FILE": str(file),
        **more,
    }
    return subprocess.run(
        ["/bin/sh", SCRIPT], env=environ, capture_output=True, text=True, check=False
    )


def test_it_reads_what_the_site_sets_and_shows_nobody_the_secret(tmp_path: Path) -> None:
    done = started(tmp_path, "tangerine\n")
    assert done.returncode == 0, done.stderr
    called, *lines = done.stdout.splitlines()
    assert called == f"-c {WRITTEN} --external-ip=192.0.2.1"
    assert lines[-1] == "mode 600"
    assert "static-auth-secret=tangerine" in lines
    assert {"listening-port=3478", "min-port=49160", "max-port=49559"} <= set(lines)
    assert {"use-auth-secret", "no-tcp-relay"} <= set(lines)


@pytest.mark.parametrize(
    ("secret", "more", "words"),
    [
        ("", {}, "turn_secret is empty: delete it and run ops/secrets"),
        ("\n\n", {}, "is empty"),
        ("tangerine", {"TURN_SECRET_FILE": "/nowhere"}, "cannot read the secret file /nowhere"),
        ("tangerine", {"ANTIPHON_TURN_RELAYS": "49160"}, "is not FIRST-LAST"),
        ("tangerine", {"ANTIPHON_TURN_RELAYS": "1-2-3"}, "is not FIRST-LAST"),
        ("tangerine", {"ANTIPHON_TURN_RELAYS": "a-b"}, "is not FIRST-LAST"),
    ],
)
def test_what_is_wrong_is_one_line_and_nothing_starts(
    tmp_path: Path, secret: str, more: dict[str, str], words: str
) -> None:
    done = started(tmp_path, secret, **more)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert words in done.stderr
    assert "tangerine" not in done.stderr
