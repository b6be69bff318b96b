"""One answer in the making: tokens in, text and tool calls out, up to its end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from inference.llm.detokenise import Decode, Detokeniser
from inference.llm.engine import Event, FinishReason, Request, TextDelta, ToolChoice
from inference.llm.stops import Stops
from inference.llm.token_engine import Step
from inference.llm.tool_calls import ToolReader


class Answer:
    """Turns steps of an engine into events of the contract, all but Finish."""

    def __init__(self, decode: Decode, request: Request) -> None:
        self._detokeniser = Detokeniser(decode)
        self._stops = Stops(request.sampling.stop)
        offered = () if request.tool_choice is ToolChoice.NONE else request.tools
        self._tools = ToolReader({tool.name for tool in offered}) if offered else None
        self._ended = ""
        self.completion_tokens = 0
        self.cached_tokens = 0

    @property
    def complete(self) -> bool:
        """Whether a stop text was met, so that no more tokens are wanted."""
        return self._stops.met

    @property
    def reason(self) -> FinishReason:
        """Why the answer ended."""
        if self._tools and self._tools.calls:
            return FinishReason.TOOL_CALLS
        cut = self._ended == "length" and not self._stops.met
        return FinishReason.LENGTH if cut else FinishReason.STOP

    def feed(self, step: Step) -> list[Event]:
        """Return what `step` makes certain."""
        self.completion_tokens += len(step.tokens)
        self.cached_tokens = max(self.cached_tokens, step.cached_tokens)
        self._ended = step.ended
        text = "".join(self._detokeniser.feed(token) for token in step.tokens)
        return list(self._until_stop(self._split(text)))

    def close(self) -> list[Event]:
        """Return what was held back."""
        held = list(self._until_stop(self._tools.close() if self._tools else []))
        rest = self._stops.close()
        return [*held, TextDelta(rest)] if rest else held

    def _split(self, text: str) -> Iterable[Event]:
        if self._tools:
            return self._tools.feed(text)
        return [TextDelta(text)] if text else []

    def _until_stop(self, events: Iterable[Event]) -> Iterator[Event]:
        """Stop texts end text; what a tool is called with is no text."""
        for event in events:
            if not isinstance(event, TextDelta):
                yield event
            elif text := self._stops.feed(event.text):
                yield TextDelta(text)
