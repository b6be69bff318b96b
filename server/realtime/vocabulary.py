"""Builds the whole vocabulary before the first caller needs it."""

from __future__ import annotations

from typing import get_args

from openai.types.realtime.realtime_server_event import RealtimeServerEvent

from server.realtime.client_events import MODELS
from server.realtime.wrong_field import field_names


def build() -> None:
    """Build the validators of all events.

    The `openai` package builds each on its first use: 50 ms of the first caller's first turn.
    """
    server_models = get_args(get_args(RealtimeServerEvent)[0])
    for model in (*server_models, *MODELS.values()):
        model.model_rebuild()
    field_names()
