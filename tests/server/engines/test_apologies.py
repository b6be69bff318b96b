"""What is said where an engine fails, made ahead by a voice that may fail itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest

from antiphon.audio import Encoding, decode
from antiphon.errors import NotFound
from server.engines import apologies as module
from server.engines.apologies import AGAIN_S, Apologies
from server.engines.pulse import Pulse
from server.realtime import session_config
from server.realtime.session_config import WireFormat
from server.settings import AgentSettings
from tests.server.fake_call import refusal, rpc_error
from tests.server.fakes import FakeSynthesizer
from tests.virtual_time import run_virtual

CONFIG = session_config.initial(AgentSettings())
SORRY = "I am sorry."


def making(
    story: Callable[[Apologies, FakeSynthesizer], Awaitable[None]], text: str = SORRY
) -> None:
    async def main() -> None:
        apologies, voice = Apologies(text), FakeSynthesizer()
        task = asyncio.create_task(apologies.make(cast(Any, voice), Pulse("demo")))
        await story(apologies, voice)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    run_virtual(main())


def test_it_is_made_once_for_each_way_of_speaking() -> None:
    async def story(apologies: Apologies, voice: FakeSynthesizer) -> None:
        apologies.want(CONFIG)
        apologies.want(replace(CONFIG, instructions="others"))
        apologies.want(replace(CONFIG, speed=1.5))
        await asyncio.sleep(1)
        apologies.want(CONFIG)
        await asyncio.sleep(1)
        assert len(voice.calls) == 2
        found = apologies.find(CONFIG)
        assert (found.text, len(found.chunks)) == (SORRY, 1)
        assert found.chunks[0].words

    making(story)


def test_where_there_is_none_yet_a_tone_is_heard_and_it_is_made() -> None:
    async def story(apologies: Apologies, voice: FakeSynthesizer) -> None:
        telephone = replace(CONFIG, output_format=WireFormat("audio/pcmu", Encoding.MULAW, 8000))
        tone = apologies.find(telephone)
        assert tone.text == ""
        sound = decode(tone.chunks[0].audio, Encoding.MULAW)
        assert len(sound) == 3 * 8000 * 180 // 1000
        assert 1000 < np.abs(sound).max() < 6000
        await asyncio.sleep(1)
        assert apologies.find(telephone).text == SORRY

    making(story)


@pytest.mark.parametrize(
    ("text", "config"), [("", CONFIG), (SORRY, replace(CONFIG, audio_out=False))]
)
def test_who_says_or_hears_nothing_needs_none(text: str, config: Any) -> None:
    async def story(apologies: Apologies, voice: FakeSynthesizer) -> None:
        apologies.want(config)
        await asyncio.sleep(1)
        assert not voice.calls

    making(story, text)


def test_a_voice_that_fails_is_asked_again() -> None:
    async def story(apologies: Apologies, voice: FakeSynthesizer) -> None:
        voice.error = rpc_error()
        apologies.want(CONFIG)
        await asyncio.sleep(AGAIN_S - 1)
        voice.error = None
        assert apologies.find(CONFIG).text == ""
        await asyncio.sleep(2)
        assert apologies.find(CONFIG).text == SORRY

    making(story)


def test_what_is_refused_is_not_asked_for_again() -> None:
    async def story(apologies: Apologies, voice: FakeSynthesizer) -> None:
        voice.error = refusal(NotFound("there is no such voice", reason="UNKNOWN_VOICE"))
        apologies.want(replace(CONFIG, voice="nobody"))
        await asyncio.sleep(10 * AGAIN_S)
        assert len(voice.calls) == 1

    making(story)


def test_one_that_fails_holds_up_no_other() -> None:
    async def story(apologies: Apologies, voice: FakeSynthesizer) -> None:
        voice.error = rpc_error()
        apologies.want(replace(CONFIG, speed=1.5))
        await asyncio.sleep(1)
        voice.error = None
        apologies.want(CONFIG)
        await asyncio.sleep(1)
        assert apologies.find(CONFIG).text == SORRY

    making(story)


def test_one_that_is_wanted_often_leaves_room_and_fails_as_seldom_as_another() -> None:
    async def story(apologies: Apologies, voice: FakeSynthesizer) -> None:
        voice.error = rpc_error()
        for _ in range(2 * module.MOST_WANTED):
            apologies.want(CONFIG)
        apologies.want(replace(CONFIG, speed=1.5))
        await asyncio.sleep(AGAIN_S - 1)
        assert [call.requests[0].config.speed for call in voice.calls] == [1.0, 1.5]

    making(story)


def test_only_so_many_are_kept_and_the_one_used_last_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_KEPT", 2)

    async def story(apologies: Apologies, voice: FakeSynthesizer) -> None:
        first, second, third = (replace(CONFIG, speed=speed) for speed in (0.5, 1.0, 1.5))
        apologies.want(first)
        apologies.want(second)
        await asyncio.sleep(1)
        apologies.find(first)
        apologies.want(third)
        await asyncio.sleep(1)
        kept = [apologies.find(one).text for one in (first, second, third)]
        assert kept == [SORRY, "", SORRY]

    making(story)


def test_what_finds_no_room_is_wanted_another_time(monkeypatch: pytest.MonkeyPatch) -> None:
    apologies = Apologies(SORRY)
    for number in range(module.MOST_WANTED + 5):
        apologies.want(replace(CONFIG, speed=0.5 + number / 100))
    assert len(apologies._wanted) == module.MOST_WANTED
