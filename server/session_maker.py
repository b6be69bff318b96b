"""Makes sessions as their clients ask for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from openai.types import realtime as oai

from server.conversation.observer import UNOBSERVED, Observer
from server.conversation.own_voice import Canceller
from server.conversation.session import Session
from server.engines.services import Services
from server.realtime import server_events, session_config, session_update
from server.realtime.session_config import SessionConfig
from server.sessions import Opening
from server.settings import AgentSettings


class SessionMaker:
    """Knows what all sessions share."""

    def __init__(
        self,
        services: Services,
        agent: AgentSettings,
        observer: Observer = UNOBSERVED,
        make_canceller: Callable[[], Canceller] | None = None,
    ) -> None:
        self._services = services
        self._agent = agent
        self._observer = observer
        self._make_canceller = make_canceller

    def make(self, opening: Opening, resume_token: str) -> Session:
        """Return a session; raise `InvalidInput` for what it cannot begin with."""
        config = self._config(opening.updates)
        self._services.apologies.want(config)
        return Session(
            self._services, self._agent, resume_token, config, self._observer, self._make_canceller
        )

    def describe(self, updates: Iterable[oai.SessionUpdateEvent]) -> dict[str, Any]:
        """Return the session object of a session that would begin with `updates`; raise likewise."""
        return self._config(updates).as_json(server_events.new_id("sess"))

    def _config(self, updates: Iterable[oai.SessionUpdateEvent]) -> SessionConfig:
        config = session_config.initial(self._agent)
        for update in updates:
            config = session_update.apply(config, update, self._agent, self._services.offer)
        return config
