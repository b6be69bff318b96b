from __future__ import annotations

import pytest

from models.catalogue import load_catalogue
from ops.plan.cards import card_named, card_of
from ops.plan.plan import plan
from ops.plan.proposals import proposals, smallest
from ops.plan.report import as_json, as_table, options, refusal
from ops.plan.request import LANGUAGE_MODELS, Request

CATALOGUE = load_catalogue()
L4 = card_named("L4")
FITS = plan(L4, Request(), CATALOGUE)
TOO_LARGE = Request(language_model=LANGUAGE_MODELS[0])
REFUSED = plan(L4, TOO_LARGE, CATALOGUE)
INSTEAD = proposals(L4, TOO_LARGE, CATALOGUE)


def test_json_adds_up() -> None:
    told = as_json(FITS, [])
    assert (told["fits"], told["gpu"], told["sessions_asked"]) == (True, "L4", 16)
    assert told["gpu_memory_gib"] == pytest.approx(23034 / 1024, abs=0.01)
    assert told["sessions"] == FITS.sessions
    assert told["models"]["llm"] == LANGUAGE_MODELS[1]
    parts = told["parts_gib"]
    inside = sum(parts["llm"].values()) - parts["llm"]["driver and libraries"]
    assert told["vllm_share"] * told["usable_gib"] == pytest.approx(
        inside + told["kv_cache_gib"], abs=0.05
    )
    taken = sum(sum(parts[name].values()) for name in ("asr", "tts", "llm")) + parts["reserve"]
    assert taken + told["kv_cache_gib"] <= told["usable_gib"]


def test_room_for_an_update_is_told_where_it_is_kept() -> None:
    roomy = plan(L4, Request(sessions=8, room_for_update=True), CATALOGUE)
    assert as_json(roomy, [])["parts_gib"]["update"] == pytest.approx(3.4, abs=0.1)
    assert "room for an update" in as_table(roomy, [])
    assert "room for an update" not in as_table(FITS, [])


def test_json_of_what_does_not_fit_says_what_does() -> None:
    told = as_json(REFUSED, INSTEAD)
    assert told["fits"] is False
    assert told["proposals"][0].endswith("--llm llama-3.1-8b-instruct-awq")


def test_a_table_has_every_part() -> None:
    table = as_table(FITS, [])
    for parts in FITS.parts.values():
        assert all(part.name in table for part in parts)
    fits, models = table.splitlines()[-2:]
    assert fits.startswith(f"fits: {FITS.sessions} sessions of 4096 tokens")
    assert models == f"its models: antiphon models pull {' '.join(FITS.models)}"
    assert {"silero-vad", "smart-turn-v3.2", FITS.language_model} <= set(FITS.models)
    refused = as_table(REFUSED, INSTEAD)
    assert "fits:" not in refused
    assert refused.splitlines()[-len(INSTEAD) - 1] == "what does fit:"


def test_a_refusal_is_one_line_that_says_what_to_do() -> None:
    least = smallest(L4, CATALOGUE)
    line = refusal(REFUSED, INSTEAD, least)
    assert "\n" not in line
    assert "L4 offers 22.03; this does: antiphon plan --gpu L4" in line
    assert "the smallest choice needs a card that offers" in refusal(REFUSED, [], least)


def test_options_are_those_of_the_command() -> None:
    request = Request(2, 1024, "llama-3.1-8b-instruct-awq", "whisper-base", "float16")
    assert options(plan(card_of(12.5), request, CATALOGUE), request) == (
        "antiphon plan --memory-gib 12.5 --sessions 2 --context 1024 --llm llama-3.1-8b-instruct-awq "
        "--asr whisper-base --compute-type float16"
    )
    assert options(FITS, Request(room_for_update=True)).endswith(" --room-for-update")
    assert options(FITS, Request()) == "antiphon plan --gpu L4 --sessions 16 --context 4096"
