"""A response as it is asked for, by the caller's speech or by the client's own words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from openai.types import realtime as oai

from server.conversation.items import Items
from server.realtime import audio_update, items, tools
from server.realtime.client_events import ResponseParams
from server.realtime.items import Item
from server.realtime.offer import ANYTHING, Offer
from server.realtime.refusals import wrong
from server.realtime.session_config import SessionConfig
from server.realtime.session_update import reply_tokens
from server.settings import AgentSettings

# OpenAI's bounds.
MAX_METADATA = 16
MAX_KEY_CHARS = 64
MAX_VALUE_CHARS = 512


@dataclass(frozen=True, slots=True)
class Asked:
    """`config` is the session's, with the response's own settings in it.

    `metadata` is told back. `instead` is what is answered in place of the conversation. One that is not
    `remembered` is not part of the conversation.
    """

    config: SessionConfig
    metadata: Mapping[str, str] | None = None
    instead: tuple[Item, ...] | None = None
    remembered: bool = True


def read(
    given: ResponseParams | None,
    config: SessionConfig,
    agent: AgentSettings,
    conversation: Items,
    offer: Offer = ANYTHING,
) -> Asked:
    """Return what `response.create` asks for; raise an error that names the parameter."""
    if given is None:
        return Asked(config)
    if given.conversation not in (None, "auto", "none", conversation.id):
        raise wrong("response.conversation", "neither `auto` nor `none`")
    return Asked(
        config=replace(config, **_changes(given, config, agent, offer)),
        metadata=_metadata(given.metadata),
        instead=None if given.input is None else _input(given.input, conversation),
        remembered=given.conversation != "none",
    )


def _changes(
    given: ResponseParams, config: SessionConfig, agent: AgentSettings, offer: Offer
) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if given.instructions is not None:
        changes["instructions"] = given.instructions
    if given.output_modalities is not None:
        changes["audio_out"] = "audio" in given.output_modalities
    if given.max_output_tokens is not None:
        changes["max_reply_tokens"] = reply_tokens(
            given.max_output_tokens, agent, "response.max_output_tokens"
        )
    if given.audio is not None and given.audio.output is not None:
        output = given.audio.output
        if output.format and audio_update.output_format(output.format) != config.output_format:
            raise wrong("response.audio.output.format", "not the session's, which is settled")
        changes |= audio_update.voice_changes(
            output.voice, agent, offer, "response.audio.output.voice"
        )
    changes["tools"] = tools.changed(config.tools, given.tools, given.tool_choice, "response")
    return changes


def _metadata(given: Mapping[str, str] | None) -> Mapping[str, str] | None:
    if given is None:
        return None
    if len(given) > MAX_METADATA:
        raise wrong("response.metadata", f"{len(given)} pairs; at most {MAX_METADATA} are allowed")
    if any(
        len(key) > MAX_KEY_CHARS or len(value) > MAX_VALUE_CHARS for key, value in given.items()
    ):
        raise wrong(
            "response.metadata",
            f"a key has at most {MAX_KEY_CHARS} characters, a value {MAX_VALUE_CHARS}",
        )
    return given


def _input(given: list[Any], conversation: Items) -> tuple[Item, ...]:
    return tuple(
        _referred(each.id, conversation, f"response.input.{i}")
        if isinstance(each, oai.ResponseItemReference)
        else items.accept(each, f"response.input.{i}")
        for i, each in enumerate(given)
    )


def _referred(item_id: str, conversation: Items, where: str) -> Item:
    item = conversation.get(item_id)
    if item is None:
        raise wrong(f"{where}.id", "the conversation has no item of this id")
    return item
