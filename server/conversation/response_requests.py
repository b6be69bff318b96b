"""What a client may ask for of the agent's responses."""

from __future__ import annotations

from collections.abc import Awaitable

from openai.types import realtime as oai

from antiphon.errors import InvalidInput
from server.conversation import asked
from server.conversation.asides import Asides
from server.conversation.moderator import Moderator
from server.floor import events as ev
from server.realtime.client_events import ResponseCreate
from server.realtime.offer import ANYTHING, Offer
from server.settings import AgentSettings

Effect = Awaitable[None]


class ResponseRequests:
    """Each method returns what is asked for, or raises what is wrong with it."""

    def __init__(
        self,
        moderator: Moderator,
        asides: Asides,
        agent: AgentSettings,
        offer: Offer = ANYTHING,
    ) -> None:
        self._moderator = moderator
        self._asides = asides
        self._agent = agent
        self._offer = offer

    def create(self, event: ResponseCreate) -> Effect:
        """Answer, with the response's own settings in place of the session's."""
        config, conversation = self._moderator.config, self._moderator.history.items
        if not config.replies:
            raise InvalidInput("a transcription session has no responses", param="type")
        wanted = asked.read(event.response, config, self._agent, conversation, self._offer)
        if not wanted.remembered and not wanted.config.audio_out:
            self._asides.check_room()
            return self._asides.begin(wanted)
        if self._moderator.busy:
            raise InvalidInput(
                "a response is in progress: cancel it first",
                reason="CONVERSATION_ALREADY_HAS_ACTIVE_RESPONSE",
            )
        return self._moderator.request(wanted)

    def cancel(self, event: oai.ResponseCancelEvent) -> Effect:
        """End the response of that id, or the one that is heard."""
        running = self._moderator.turns.response_id
        aside = self._asides.find(event.response_id)
        if aside is not None:
            return self._asides.cancel(aside)
        if running is None and event.response_id is None and self._moderator.asked:
            return self._moderator.withdraw()
        if running is None or event.response_id not in (None, running):
            raise InvalidInput(
                "Cancellation failed: no such response is in progress",
                reason="RESPONSE_CANCEL_NOT_ACTIVE",
                param="response_id",
            )
        return self._moderator.tell(ev.ReplyCancelled())

    def clear_output(self, _: oai.OutputAudioBufferClearEvent) -> Effect:
        """Silence the reply, if there is one."""
        return self._moderator.tell(ev.ReplyCancelled())
