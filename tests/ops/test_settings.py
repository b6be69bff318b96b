from __future__ import annotations

from pathlib import Path

import pytest

from antiphon.errors import Misconfigured
from models.catalogue import load_catalogue
from ops.plan.cards import card_named
from ops.plan.plan import plan
from ops.plan.request import Request
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


def test_the_gpu_profile_is_valid_and_runs_nothing_of_the_engines_on_the_processor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    gpu = Settings.load({"ANTIPHON_PROFILE": "gpu"})
    assert (gpu.asr.device, gpu.tts.device, gpu.llm.engine) == ("cuda", "cuda", "vllm")
    assert not gpu.llm.vllm.enforce_eager
    names = {entry.name for entry in load_catalogue().of_profile("gpu")}
    assert {gpu.asr.model, gpu.llm.model, gpu.tts.model} <= names


def test_the_gpu_profile_is_what_an_l4_is_planned_to_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    gpu = Settings.load({"ANTIPHON_PROFILE": "gpu"})
    found = plan(card_named("L4"), Request(), load_catalogue())
    own = gpu.llm.vllm
    assert own.gpu_memory_utilization <= found.share
    assert own.kv_cache_memory_bytes <= found.cache_bytes
    assert (own.max_num_seqs, gpu.llm.max_waiting) == (24, 24)
    assert (gpu.asr.max_batch, gpu.asr.max_batch_s) == (found.asr.max_batch, found.asr.max_batch_s)
    assert gpu.llm.model == found.language_model
