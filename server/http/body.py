"""The body of a request, bounded."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

from pydantic_core import from_json
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from antiphon.errors import InvalidInput

# An SDP offer has 2 to 6 KB, a session's settings with long instructions and many tools some 50.
MAX_BODY_BYTES = 128 * 1024
# `sdp` and `session`; more is tolerated, and ignored.
MAX_PARTS = 8


class TooLarge(InvalidInput):
    """A body over its bound."""

    http_status = 413
    default_reason = "MESSAGE_TOO_LARGE"


async def read(request: Request, most_bytes: int = MAX_BODY_BYTES) -> bytes:
    """Return the body; raise `TooLarge` where it is over the bound."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most_bytes:
            raise TooLarge(f"the body is over the {most_bytes} bytes that this request may hold")
    return bytes(body)


async def read_object(request: Request) -> dict[str, Any]:
    """Return the JSON object in the body; no body is an empty one."""
    body = await read(request)
    return parse_object(body, "the body") if body.strip() else {}


def parse_object(text: bytes, what: str) -> dict[str, Any]:
    """Return the JSON object in `text`; raise `InvalidInput`, which names `what`, where it is none."""
    try:
        found = from_json(text, allow_inf_nan=False)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise InvalidInput(f"{what} must be a JSON object", reason="INVALID_JSON")
    return found


async def read_parts(request: Request) -> dict[str, bytes]:
    """Return the parts of a `multipart/form-data` body by name."""
    body = await read(request)

    async def stream() -> AsyncGenerator[bytes, None]:
        yield body

    parser = MultiPartParser(
        request.headers,
        stream(),
        max_files=MAX_PARTS,
        max_fields=MAX_PARTS,
        max_part_size=MAX_BODY_BYTES,
    )
    try:
        form = await parser.parse()
    except MultiPartException:
        raise InvalidInput(
            "the body is no `multipart/form-data` with the boundary that its header names",
            reason="INVALID_MULTIPART",
        ) from None
    return {name: await _bytes(part) for name, part in form.multi_items()}


async def _bytes(part: UploadFile | str) -> bytes:
    if isinstance(part, str):
        return part.encode("utf-8", "surrogateescape")
    try:
        return await part.read()
    finally:
        await part.close()
