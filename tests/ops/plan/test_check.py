from __future__ import annotations

from dataclasses import replace

import pytest

from antiphon.errors import InvalidInput, Misconfigured
from models.catalogue import load_catalogue
from ops.plan.cards import card_of, known_cards
from ops.plan.check import check, check_card
from ops.plan.request import Request

CATALOGUE = load_catalogue()


def test_a_card_that_vllm_does_not_run_on_is_refused_whatever_its_memory() -> None:
    for card in (*known_cards().values(), card_of(24)):
        check_card(card)
    old = card_of(32).model_copy(update={"name": "V100", "capability": (7, 0)})
    with pytest.raises(InvalidInput, match=r"V100 has .* 7\.0, and vLLM needs 8\.0"):
        check_card(old)


@pytest.mark.parametrize("model", ["", "llama-3.1-8b-instruct", "llama-3.1-8b-instruct-awq"])
def test_what_can_be_planned_passes(model: str) -> None:
    check(Request(language_model=model), CATALOGUE)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"sessions": 0}, "--sessions 0"),
        ({"context_tokens": 1023}, "--context 1023: give 1024"),
        ({"compute_type": "int9"}, "--compute-type int9: give one of float16"),
        ({"recognition": "silero-vad"}, "--asr silero-vad: .* of: whisper-base, whisper-large"),
        ({"language_model": "smollm2-135m-instruct"}, "--llm smollm2.*memory_mib.gpu"),
        ({"language_model": "whisper-base"}, "--llm whisper-base: .* of: llama-3.1"),
    ],
)
def test_what_cannot_is_named_with_what_can(changed: dict[str, object], told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        check(replace(Request(), **changed), CATALOGUE)  # type: ignore[arg-type]


def test_a_name_that_the_catalogue_lacks() -> None:
    with pytest.raises(Misconfigured, match="unknown model 'nobody'"):
        check(Request(recognition="nobody"), CATALOGUE)
