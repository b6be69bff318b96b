"""`antiphon bench floor`: when policies end people's turns, beside plain silence and Smart Turn alone.

The turns of a data folder are heard once, by the recogniser's own code and models in sample time; then every
policy says at each pause how long it would wait. A policy decides from what came before: what follows a
pause only says whether it was cut off. Decoding takes no time here: it is done at 100 to 200 ms of silence,
and a machine that is slower than the shortest wait adds its delay (`bench turns` measures that).

What the weights in `server/floor/odds.py` would be, were they fitted to this folder, stands in the
context; `default_held_out` has for every speaker those that are fitted to all others.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from antiphon.errors import Unsupported
from inference.asr.endpointer import Rules
from inference.asr.engine import Engine
from inference.asr.judge import TurnModel
from inference.asr.smart_turn import SmartTurn
from inference.asr.vad import Silero
from inference.asr.whisper import Whisper, WhisperOptions
from models.store import open_store
from ops.bench.bench import Bench, Engines, Options, Result
from ops.bench.data import Clip, default_folder, load_clips, spread
from ops.bench.endpoints.fitting import examples, fit, fit_held_out
from ops.bench.endpoints.frontier import draw
from ops.bench.endpoints.listening import listen
from ops.bench.endpoints.policies import HELD_OUT, HandSet, baselines, held_out, ours
from ops.bench.endpoints.rows import Kind, Row, load_rows
from ops.bench.endpoints.scores import PolicyOf, always, figures, share_of_best
from ops.bench.endpoints.turns import FOLLOWS_S, Heard, assign, audio, turns
from ops.bench.figures import rounded
from ops.bench.hearing.background import background
from ops.settings import Settings
from server.floor.endpointing import DEFAULT, PRESETS
from server.floor.odds import FITTED, Weights


@dataclass(frozen=True, slots=True)
class Models:
    """What listens."""

    engine: Engine
    model: TurnModel
    silero: Silero
    rules: Rules


async def run(options: Options) -> Result:
    """Measure endpointing over a data folder."""
    if options.engines is Engines.SIMULATED:
        raise Unsupported(
            "`bench floor` measures what real models hear: run it with --engines real"
        )
    folder = options.data or default_folder("turns")
    rows = load_rows(folder)
    clips = {clip.name: clip for clip in load_clips(folder)}
    all_turns = spread(turns(rows), options.limit)
    models = _models(Settings.load(os.environ))
    heard = [
        one
        for turn in options.progress.over("turns", all_turns)
        for one in await _hear(turn, clips[turn[0].file], models)
    ]
    fitted = _Fitted.to(heard)
    policies = _policies(fitted)
    found = {name: figures(heard, policy_of) for name, policy_of in policies.items()}
    if options.plot is not None:
        draw(heard, fitted.held_out, options.plot)
    return Result(_figures(found), _context(heard, len(all_turns), fitted))


@dataclass(frozen=True, slots=True)
class _Fitted:
    """Weights for this folder: from all of it, and for each speaker from all others."""

    weights: Weights
    held_out: Mapping[str, Weights]

    @classmethod
    def to(cls, heard: Sequence[Heard]) -> _Fitted:
        found = examples(heard, PRESETS[DEFAULT].open.shortest_ms)
        return cls(fit(found), fit_held_out(found))


def _models(settings: Settings) -> Models:
    store, asr = open_store(settings.models), settings.asr
    options = WhisperOptions(asr.device, asr.compute_type, asr.threads, asr.beam_size)
    return Models(
        Whisper(store.path(asr.model), options),
        SmartTurn(store.path("smart-turn-v3.2")),
        Silero(store.path(asr.vad)),
        Rules(asr.vad_start, asr.vad_stop, asr.hush_ms, asr.pause_ms, silence_ms=None),
    )


async def _hear(turn: Sequence[Row], clip: Clip, models: Models) -> list[Heard]:
    samples = clip.read()
    behind = background(samples, models.silero.listen(), FOLLOWS_S).samples
    told = await listen(
        audio(turn, samples, behind),
        models.engine,
        models.model,
        models.silero.listen(),
        models.rules,
    )
    return [assign(row, told) for row in turn]


def _policies(fitted: _Fitted) -> dict[str, PolicyOf]:
    fixed = {**ours(), "hand_set": HandSet(), **baselines()}
    return {name: always(policy) for name, policy in fixed.items()} | {
        HELD_OUT: held_out(PRESETS[DEFAULT], fitted.held_out)
    }


def _figures(found: Mapping[str, Any]) -> dict[str, Any]:
    others = list(baselines())
    return {
        "default": DEFAULT,
        "policies": found,
        "cutoffs_over_best_baseline": {
            name: share_of_best(found, name, others) for name in (DEFAULT, HELD_OUT)
        },
    }


def _context(heard: Sequence[Heard], turns_heard: int, fitted: _Fitted) -> dict[str, Any]:
    kinds = [one.row.kind for one in heard]
    return {
        "turns": turns_heard,
        "rows": {kind.value: kinds.count(kind) for kind in Kind},
        "rows_without_a_pause_told": sum(not one.pauses for one in heard),
        "speakers": len({one.row.speaker for one in heard}),
        "cutoffs_over_best_baseline_is": "over the fewest of a baseline with a median no longer",
        "weights": {name: rounded(value) for name, value in asdict(FITTED).items()},
        "weights_fitted_here": {
            name: rounded(value) for name, value in asdict(fitted.weights).items()
        },
        "time": "of samples; models answer at once",
    }


BENCH = Bench(
    "when turns are ended: cut-offs and delay of policies at people's pauses",
    run,
    extras=frozenset({"plot"}),
)
