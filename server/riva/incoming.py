"""What a client of `StreamingRecognize` sends, held to its order."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from antiphon.errors import InvalidInput
from server.edge.patience import patiently

FORCE_EOU = "force_eou"


async def _nothing() -> None:
    """Ends no utterance, for none has begun."""


class Incoming:
    """The requests of one stream: `first` once, then `audio` once.

    `on_end_of_utterance` is called, between the pieces of `audio`, where the client says that one is over.
    """

    def __init__(self, requests: AsyncIterator[Any]) -> None:
        self._requests = patiently(requests)
        self.on_end_of_utterance: Callable[[], Awaitable[None]] = _nothing

    async def first(self) -> Any:
        """Return the first request, which holds the configuration; raise `InvalidInput` otherwise."""
        request = await anext(self._requests, None)
        if request is None or request.WhichOneof("streaming_request") != "streaming_config":
            raise InvalidInput(
                "the first message of a stream must be `streaming_config`", reason="CONFIG_FIRST"
            )
        return request

    async def audio(self) -> AsyncIterator[bytes]:
        """Yield audio as it comes, until the client half-closes.

        Raises `InvalidInput` on a second configuration or an empty message, `Conflict` where nothing comes.
        """
        async for request in self._requests:
            ends = request.runtime_config.get(FORCE_EOU, "").lower() == "true"
            match request.WhichOneof("streaming_request"):
                case "audio_content":
                    if request.audio_content:
                        yield request.audio_content
                case "streaming_config":
                    raise InvalidInput(
                        "`streaming_config` comes once, at the start of a stream",
                        reason="CONFIG_TWICE",
                    )
                case _ if not request.runtime_config:
                    raise InvalidInput("a message holds no `audio_content`", reason="EMPTY_MESSAGE")
            if ends:
                await self.on_end_of_utterance()
