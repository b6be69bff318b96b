"""What is written is what the services read."""

from __future__ import annotations

from pathlib import Path

import pytest

from antiphon.errors import InvalidInput
from inference.card.card import Card, faults
from inference.card.language import llm_need
from inference.card.part import total_mib
from models.catalogue import load_catalogue
from ops.context import CHARS_A_TOKEN, INSTRUCTIONS_TOKENS
from ops.needed_models import needed
from ops.plan.cards import Known, card_named, known_cards
from ops.plan.plan import plan
from ops.plan.proposals import SHORTER_TOKENS
from ops.plan.request import Request
from ops.plan.written import settings, write
from ops.settings import Settings
from server.preflight import MODEL_VARIABLES

PLAN = plan(card_named("L40S"), Request(sessions=20), load_catalogue())


def read(path: Path) -> Settings:
    if path.suffix == ".toml":
        return Settings.load({"ANTIPHON_CONFIG": str(path)})
    lines = path.read_text("utf-8").splitlines()
    return Settings.load(dict(line.split("=", 1) for line in lines if not line.startswith("#")))


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", ["antiphon.toml", "plan.env"])
def test_settings_and_variables_say_the_same(tmp_path: Path, name: str) -> None:
    write(settings(PLAN, seats=True), tmp_path / name, "antiphon plan ...")
    found = read(tmp_path / name)
    assert (found.asr.model, found.asr.device) == (PLAN.asr.model, "cuda")
    assert (found.asr.max_batch, found.asr.max_batch_s) == (
        PLAN.asr.max_batch,
        PLAN.asr.max_batch_s,
    )
    own = found.llm.vllm
    assert (found.llm.engine, found.llm.model) == ("vllm", PLAN.language_model)
    assert (own.gpu_memory_utilization, own.kv_cache_memory_bytes) == (PLAN.share, PLAN.cache_bytes)
    assert (own.enforce_eager, own.block_size, own.max_num_seqs) == (False, 16, 28)
    assert (found.tts.device, found.tts.runtime) == ("cuda", "torch")
    assert found.server.max_sessions == 20


def test_all_its_models_are_named_and_looked_for_before_the_start(tmp_path: Path) -> None:
    write(settings(PLAN, seats=True), tmp_path / "plan.env", "")
    assert list(PLAN.models) == needed(read(tmp_path / "plan.env"))
    written = dict(
        line.split("=", 1) for line in (tmp_path / "plan.env").read_text("utf-8").splitlines()[1:]
    )
    assert {written[variable] for variable in MODEL_VARIABLES} == set(PLAN.models)


def test_the_gateways_seats_are_left_to_what_was_measured_unless_sessions_were_asked_for() -> None:
    assert "server" not in settings(PLAN, seats=False)


def test_every_session_has_a_place_at_every_engine() -> None:
    many = plan(card_named("H200"), Request(sessions=200, context_tokens=1024), load_catalogue())
    tables = settings(many, seats=True)
    assert tables["asr"]["max_streams"] >= 2 * 200 + 8
    assert tables["tts"]["max_calls"] >= 2 * 200 + 8
    assert tables["llm"]["max_waiting"] >= 208


@pytest.mark.parametrize("tokens", [*SHORTER_TOKENS, 4096, 8192])
def test_a_call_that_goes_on_stays_within_its_context(tokens: int, tmp_path: Path) -> None:
    found = plan(card_named("L40S"), Request(context_tokens=tokens), load_catalogue())
    write(settings(found, seats=False), tmp_path / "plan.env", "")
    read_back = read(tmp_path / "plan.env")
    history = read_back.agent.history_chars / CHARS_A_TOKEN
    beside = INSTRUCTIONS_TOKENS + read_back.agent.max_reply_tokens
    assert read_back.llm.context_tokens == tokens
    assert 0.2 * tokens < history <= tokens - beside


def test_its_own_file_is_written_again_and_nobody_elses(tmp_path: Path) -> None:
    path = tmp_path / "antiphon.toml"
    write(settings(PLAN, seats=False), path, "first")
    write(settings(PLAN, seats=False), path, "second")
    assert path.read_text("utf-8").splitlines()[0].endswith("second")
    path.write_text("[agent]\n", "utf-8")
    with pytest.raises(InvalidInput, match="not written by `antiphon plan`"):
        write(settings(PLAN, seats=False), path, "third")
    assert path.read_text("utf-8") == "[agent]\n"


def test_a_place_where_nothing_can_be_written(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot write"):
        write(settings(PLAN, seats=False), tmp_path / "no" / "plan.env", "")


@pytest.mark.parametrize("known", known_cards().values(), ids=lambda card: card.name)
def test_what_is_planned_is_let_onto_the_card_beside_the_others(
    known: Known, tmp_path: Path
) -> None:
    found = plan(known, Request(), load_catalogue())
    write(settings(found, seats=False), tmp_path / "plan.env", "")
    read_back = read(tmp_path / "plan.env")
    beside = total_mib(found.parts["asr"]) + total_mib(found.parts["tts"])
    card = Card(known.name, known.memory_mib, known.usable_mib - beside, "580.1", known.capability)
    need = llm_need(read_back.llm, card)
    assert need is not None
    assert list(faults(card, need)) == []
