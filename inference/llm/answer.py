"""One answer in the making: tokens in, text out, up to its end."""

from __future__ import annotations

from inference.llm.detokenise import Decode, Detokeniser
from inference.llm.engine import Event, FinishReason, TextDelta
from inference.llm.stops import Stops
from inference.llm.token_engine import Step


class Answer:
    """Turns steps of an engine into events of the contract, all but Finish."""

    def __init__(self, decode: Decode, stop: tuple[str, ...]) -> None:
        self._detokeniser = Detokeniser(decode)
        self._stops = Stops(stop)
        self._length = False
        self.completion_tokens = 0
        self.cached_tokens = 0

    @property
    def ended(self) -> bool:
        """Whether a stop text was met, so that no more tokens are wanted."""
        return self._stops.met

    @property
    def reason(self) -> FinishReason:
        """Why the answer ended."""
        return FinishReason.LENGTH if self._length and not self._stops.met else FinishReason.STOP

    def feed(self, step: Step) -> list[Event]:
        """Return what `step` makes certain."""
        self.completion_tokens += len(step.tokens)
        self.cached_tokens = max(self.cached_tokens, step.cached_tokens)
        self._length = step.ended == "length"
        return _text("".join(self._stops.feed(self._detokeniser.feed(token)) for token in step.tokens))

    def close(self) -> list[Event]:
        """Return what was held back."""
        return _text(self._stops.close())


def _text(text: str) -> list[Event]:
    return [TextDelta(text)] if text else []
