"""Sessions begin as their clients ask, or not at all."""

from __future__ import annotations

import pytest

from antiphon.errors import InvalidInput
from server.conversation.session import Session
from server.http.realtime.opening import update_from
from server.sessions import Opening
from tests.server.http.house import Engines
from tests.virtual_time import run_virtual

BRIEF = update_from({"instructions": "Be brief."})
SLOW = update_from({"audio": {"output": {"speed": 0.5}}})
WRONG = update_from({"audio": {"output": {"speed": 9}}})


def test_a_session_object_tells_what_a_session_would_begin_with() -> None:
    maker = Engines().maker
    told = maker.describe([BRIEF, SLOW])
    assert told["id"].startswith("sess_")
    assert (told["instructions"], told["audio"]["output"]["speed"]) == ("Be brief.", 0.5)
    assert maker.describe([])["instructions"] != "Be brief."


def test_what_cannot_be_is_told_before_there_is_a_session() -> None:
    maker = Engines().maker
    with pytest.raises(InvalidInput, match="speed"):
        maker.describe([WRONG])

    async def make() -> None:
        with pytest.raises(InvalidInput, match="speed"):
            maker.make(Opening((BRIEF, WRONG)), "rt_1")
        assert isinstance(maker.make(Opening((BRIEF,)), "rt_1"), Session)

    run_virtual(make())
