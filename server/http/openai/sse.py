"""Server-sent events, as OpenAI's clients read them."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from pydantic import BaseModel

from antiphon.failures import understand
from server.http.errors import as_json

MEDIA_TYPE = "text/event-stream"
DONE = b"data: [DONE]\n\n"


def event(told: BaseModel | dict[str, Any]) -> bytes:
    """Return `told` as an event; what is None in a model is left out."""
    if isinstance(told, BaseModel):
        return b"data: " + told.model_dump_json(exclude_none=True).encode() + b"\n\n"
    return b"data: " + json.dumps(told, ensure_ascii=False).encode() + b"\n\n"


async def guarded(events: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """Yield `events`; what they fail with after the first is the last event, since the status is sent."""
    begun = False
    async with aclosing(events):
        try:
            async for piece in events:
                yield piece
                begun = True
        except Exception as error:
            if not begun:
                raise
            yield event(as_json(understand(error, "a request")))
