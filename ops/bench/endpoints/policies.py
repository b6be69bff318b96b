"""The policies that are measured: ours, and those that others ship, over the same pauses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ops.bench.endpoints.rows import Row
from ops.bench.endpoints.scores import PolicyOf
from server.floor.endpointing import (
    DEFAULT,
    PRESETS,
    Endpointing,
    EndpointingSettings,
    Evidence,
    FixedSilence,
    SemanticEndpointing,
)
from server.floor.odds import FITTED, Weights
from server.floor.transcript import is_unfinished

HELD_OUT = f"{DEFAULT}_held_out"
SILENCES_MS = (400, 600, 800, 1000)


@dataclass(frozen=True, slots=True)
class ModelAlone:
    """What agents with an end-of-turn model do: at once where it is sure, after a fixed silence else."""

    threshold: float
    unsure_ms: float
    sure_ms: float = 200.0

    def wait_ms(self, evidence: Evidence) -> float:
        """Return the silence that ends the turn."""
        sure = evidence.probability is not None and evidence.probability >= self.threshold
        return self.sure_ms if sure else self.unsure_ms


@dataclass(frozen=True, slots=True)
class HandSet:
    """The same evidence as ours, weighed by rules of thumb: what fitting has to be worth."""

    sure_ms: float = 360.0
    unsure_ms: float = 700.0
    unfinished_ms: float = 1500.0

    def wait_ms(self, evidence: Evidence) -> float:
        """Return the silence that ends the turn."""
        model_ms = self._model_ms(evidence)
        return max(model_ms, 1.2 * evidence.longest_pause_ms)

    def _model_ms(self, evidence: Evidence) -> float:
        probability = 0.5 if evidence.probability is None else evidence.probability
        if not evidence.text or is_unfinished(evidence.text) or probability < 0.4:
            return self.unfinished_ms
        return self.sure_ms if probability >= 0.8 else self.unsure_ms


def ours() -> dict[str, Endpointing]:
    """Return the presets by name."""
    return {name: SemanticEndpointing(settings) for name, settings in PRESETS.items()}


def baselines() -> dict[str, Endpointing]:
    """Return plain silence, and Smart Turn alone."""
    silences: dict[str, Endpointing] = {f"silence_{ms}": FixedSilence(ms) for ms in SILENCES_MS}
    return silences | {
        "smart_turn_50_800": ModelAlone(0.5, 800.0),
        "smart_turn_90_1000": ModelAlone(0.9, 1000.0),
    }


def held_out(settings: EndpointingSettings, weights: Mapping[str, Weights]) -> PolicyOf:
    """Return for each row the policy whose weights are fitted to all speakers but its own."""

    def policy_of(row: Row) -> Endpointing:
        return SemanticEndpointing(settings, weights.get(row.speaker, FITTED))

    return policy_of
