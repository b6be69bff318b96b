"""A form with a file, read into memory within a bound: nothing of a caller's is written to a disk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from antiphon.errors import InvalidInput
from server.http.body import TooLarge

# OpenAI's bound on a file.
MAX_FILE_BYTES = 25 * 1024 * 1024
# A prompt of 224 tokens is the longest that Whisper takes.
MAX_FIELD_BYTES = 64 * 1024
MAX_FIELDS = 64
# Of the fields, and of the lines between parts.
_MAX_OVERHEAD_BYTES = 1024 * 1024
# 25 MB at 1 Mb/s take 210 s; a place is held meanwhile.
MAX_UPLOAD_S = 300.0
# Two seconds of PCM, some ten of what is compressed.
_PIECE_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Form:
    """`fields` by name, those whose name ends in `[]` as lists; `file` is the sound's bytes."""

    fields: dict[str, Any]
    file: bytes

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield the file."""
        for at in range(0, len(self.file), _PIECE_BYTES):
            yield self.file[at : at + _PIECE_BYTES]


class _InMemory(MultiPartParser):
    spool_max_size = MAX_FILE_BYTES + _MAX_OVERHEAD_BYTES + 1


async def read_form(request: Request) -> Form:
    """Return the form in the body; raise `InvalidInput`, 413 where it is over the bound."""
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise InvalidInput("`content-type` must be multipart/form-data", reason="CONTENT_TYPE")
    parser = _InMemory(
        request.headers,
        _bounded(request),
        max_files=1,
        max_fields=MAX_FIELDS,
        max_part_size=MAX_FIELD_BYTES,
    )
    try:
        async with asyncio.timeout(MAX_UPLOAD_S):
            return await _form(await parser.parse())
    except MultiPartException:
        raise InvalidInput(
            f"the body is no `multipart/form-data` of one file and at most {MAX_FIELDS} fields of "
            f"{MAX_FIELD_BYTES} bytes, with the boundary that its header names",
            reason="INVALID_MULTIPART",
        ) from None
    except TimeoutError:
        raise InvalidInput(
            f"the body took over {MAX_UPLOAD_S:.0f} s to arrive", reason="TOO_SLOW"
        ) from None


async def _bounded(request: Request) -> AsyncGenerator[bytes, None]:
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_FILE_BYTES + _MAX_OVERHEAD_BYTES:
            raise _too_large()
        yield chunk


async def _form(data: FormData) -> Form:
    fields: dict[str, Any] = {}
    file = None
    for name, part in data.multi_items():
        if isinstance(part, UploadFile):
            file = await part.read() if name == "file" else file
            await part.close()
        elif name.endswith("[]"):
            fields.setdefault(name, []).append(part)
        else:
            fields[name] = part
    if file is None:
        raise InvalidInput("file: it is missing", reason="INVALID_FIELD", param="file")
    if len(file) > MAX_FILE_BYTES:
        raise _too_large()
    return Form(fields, file)


def _too_large() -> TooLarge:
    return TooLarge(f"the file is over {MAX_FILE_BYTES} bytes; send it in parts", param="file")
