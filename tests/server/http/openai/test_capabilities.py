"""What an engine can do."""

from __future__ import annotations

import asyncio

import pytest

from antiphon.errors import Unavailable
from server.http.openai.capabilities import has
from tests.server.fake_call import rpc_error
from tests.server.http.openai.counter import Counter


def test_it_is_asked() -> None:
    counter = Counter()
    assert asyncio.run(has(counter.scribe, "speech recognition", "phrases"))
    assert not asyncio.run(has(counter.scribe, "speech recognition", "juggling"))
    counter.down = rpc_error()
    with pytest.raises(Unavailable, match="speech recognition"):
        asyncio.run(has(counter.scribe, "speech recognition", "phrases"))
