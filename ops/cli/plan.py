"""`antiphon plan`: what fits on a card, and the settings for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from antiphon.errors import Exhausted, InvalidInput
from antiphon.settings import load
from models.catalogue import load_catalogue
from models.settings import ModelsSettings
from ops.plan.cards import Known, card_named, card_of
from ops.plan.check import check, check_card
from ops.plan.plan import plan
from ops.plan.proposals import proposals, smallest
from ops.plan.report import as_json, as_table, options, refusal
from ops.plan.request import COMPUTE_TYPE, CONTEXT_TOKENS, RECOGNITION, SESSIONS, Request
from ops.plan.written import settings, write


def plan_command(
    gpu: Annotated[str, typer.Option(help="a card by name, such as L4 or H100")] = "",
    memory_gib: Annotated[
        float | None, typer.Option(help="or its memory, as nvidia-smi shows it")
    ] = None,
    sessions: Annotated[
        int | None, typer.Option(help=f"how many at a time; default: {SESSIONS}")
    ] = None,
    context: Annotated[
        int, typer.Option(help="tokens of a session: instructions, history and answer")
    ] = CONTEXT_TOKENS,
    llm: Annotated[
        str, typer.Option(help="a language model of the catalogue; default: the largest that fits")
    ] = "",
    asr: Annotated[str, typer.Option(help="a recognition of the catalogue")] = RECOGNITION,
    compute_type: Annotated[
        str, typer.Option(help="what it computes in: float16 or int8_float16")
    ] = COMPUTE_TYPE,
    room_for_update: Annotated[
        bool,
        typer.Option(
            "--room-for-update", help="keep room to replace recognition or the voice during calls"
        ),
    ] = False,
    as_json_: Annotated[bool, typer.Option("--json", help="one JSON object on stdout")] = False,
    write_to: Annotated[
        Path | None,
        typer.Option(
            "--write", help="write the settings: FILE.toml for `ops/up`, FILE.env for compose"
        ),
    ] = None,
) -> None:
    """Plan a card's memory: models, vLLM's share, sessions. Exit status 1 where it does not fit."""
    card = _card(gpu, memory_gib)
    check_card(card)
    wanted = SESSIONS if sessions is None else sessions
    request = Request(wanted, context, llm, asr, compute_type, room_for_update)
    catalogue = load_catalogue(load("models", ModelsSettings).catalogue)
    check(request, catalogue)
    found = plan(card, request, catalogue)
    others = [] if found.fits else proposals(card, request, catalogue)
    print(json.dumps(as_json(found, others), indent=2) if as_json_ else as_table(found, others))
    if not found.fits:
        raise Exhausted(refusal(found, others, smallest(card, catalogue)))
    if write_to is not None:
        write(settings(found, seats=sessions is not None), write_to, options(found, request))


def _card(gpu: str, memory_gib: float | None) -> Known:
    if bool(gpu) == (memory_gib is not None):
        raise InvalidInput("name a card with --gpu NAME, or give its memory with --memory-gib N")
    return card_named(gpu) if gpu else card_of(memory_gib or 0.0)
