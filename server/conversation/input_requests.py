"""What a client may ask for of its own audio."""

from __future__ import annotations

import base64
from collections.abc import Awaitable

from openai.types import realtime as oai

from antiphon.errors import InvalidInput
from server.conversation.moderator import Moderator
from server.conversation.own_voice import OwnVoice
from server.conversation.wire import Wire
from server.floor import events as ev
from server.realtime import server_events

Effect = Awaitable[None]

# OpenAI's bound.
MIN_COMMIT_MS = 100


class InputRequests:
    """Each method returns what is asked for, or raises what is wrong with it."""

    def __init__(self, moderator: Moderator, wire: Wire, own_voice: OwnVoice | None = None) -> None:
        self._moderator = moderator
        self._wire = wire
        self._own_voice = own_voice

    def hear(self, audio: bytes) -> Effect:
        """Hear audio in the session's input format."""
        config = self._moderator.config
        config.input_format.check_whole(audio)
        if self._own_voice is not None:
            audio = self._own_voice.taken_out_of(audio, config.input_format)
        return self._moderator.ear.hear(audio, config)

    def append(self, event: oai.InputAudioBufferAppendEvent) -> Effect:
        """Hear audio that travels within an event."""
        try:
            audio = base64.b64decode(event.audio, validate=True)
        except ValueError:
            raise InvalidInput("`audio` is not base64", param="audio") from None
        return self.hear(audio)

    def commit(self, _: oai.InputAudioBufferCommitEvent) -> Effect:
        """End the utterance."""
        uncommitted_ms = self._moderator.ear.uncommitted_ms
        if uncommitted_ms < MIN_COMMIT_MS:
            raise InvalidInput(
                f"the buffer holds {uncommitted_ms:.0f} ms of audio; at least {MIN_COMMIT_MS} ms make "
                "an utterance",
                reason="INPUT_AUDIO_BUFFER_COMMIT_EMPTY",
            )
        return self._moderator.tell(ev.Committed())

    async def clear(self, _: oai.InputAudioBufferClearEvent) -> None:
        """Forget what was said since an utterance was last ended."""
        await self._moderator.clear()
        await self._wire.put(server_events.make(oai.InputAudioBufferClearedEvent))
