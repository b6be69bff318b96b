from __future__ import annotations

from pathlib import Path

import pytest

from antiphon.errors import Misconfigured
from ops.settings import REPOSITORY, Settings


def test_interpreters_are_this_clones_own() -> None:
    supervisor = Settings.load({}).supervisor
    assert supervisor.main == REPOSITORY / ".venv/bin/python"
    assert supervisor.tts == REPOSITORY / ".venv-tts/bin/python"
    assert supervisor.vllm == REPOSITORY / ".venv-vllm/bin/python"
    assert (REPOSITORY / "pyproject.toml").exists()


def test_every_table_is_read(tmp_path: Path) -> None:
    file = tmp_path / "antiphon.toml"
    file.write_text(
        "[asr]\nbeam_size = 5\n[llm]\nengine = 'simulated'\n[tts]\nspeed = 1.5\n[models]\ndir = '/m'\n"
        "[server]\nmax_sessions = 2\n[agent]\ngreeting = 'Hi.'\n[webrtc]\nbitrate_bps = 24000\n"
        "[supervisor]\nstop_grace_s = 1\n"
    )
    settings = Settings.load({"ANTIPHON_CONFIG": str(file), "ANTIPHON_SERVER__MAX_SESSIONS": "3"})
    assert (settings.asr.beam_size, settings.llm.engine, settings.tts.speed) == (
        5,
        "simulated",
        1.5,
    )
    assert (settings.models.dir, settings.server.max_sessions) == (Path("/m"), 3)
    assert (settings.agent.greeting, settings.supervisor.stop_grace_s) == ("Hi.", 1.0)
    assert settings.webrtc.bitrate_bps == 24_000


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("ANTIPHON_ASK__ENGINE", "x", "unknown settings table 'ask' in the environment"),
        ("ANTIPHON_SUPERVISOR__GRACE", "1", "unknown setting supervisor.grace = '1'"),
        ("ANTIPHON_SUPERVISOR__START_TIMEOUT_S", "0", "supervisor.start_timeout_s = '0'"),
        ("ANTIPHON_SUPERVISOR__LOG_BYTES", "1", "supervisor.log_bytes = '1'"),
    ],
)
def test_what_is_wrong_anywhere_is_named(variable: str, value: str, said: str) -> None:
    with pytest.raises(Misconfigured, match=said):
        Settings.load({variable: value})
