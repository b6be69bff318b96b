"""The simulated engine."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import pairwise
from math import exp

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.errors import InvalidInput
from inference.asr.engine import Phrase, Script, Speech
from inference.asr.job import Job, Urgency
from inference.asr.settings import STOCK_TEXT
from inference.asr.simulated import SimulatedDecoder, hear
from tests.virtual_time import run_virtual

NOTHING = np.zeros(0, np.float32)
SCRIPT = Script("one two three four", 2000)


def said(before_ms: float, voiced_ms: float, script: Script | None = SCRIPT) -> str:
    return hear(
        Speech(NOTHING, voiced_ms=voiced_ms, voiced_before_ms=before_ms, script=script)
    ).text


def test_words_come_with_the_voice() -> None:
    assert said(0, 0) == ""
    assert said(0, 1000) == "one two"
    assert said(1000, 1000) == "three four"
    assert said(0, 9000) == "one two three four"


def test_without_a_script_it_says_so() -> None:
    assert said(0, 300 * len(STOCK_TEXT.split()), None) == STOCK_TEXT
    assert said(3600, 300, None) == STOCK_TEXT.split()[0]


def test_what_is_said_without_a_script_can_be_set() -> None:
    async def hears(text: str) -> str:
        decoder = SimulatedDecoder(0, 0, text)
        decoded = await decoder.decode(
            Job(Urgency.FINAL, lambda: Speech(NOTHING, voiced_ms=900, voiced_before_ms=300))
        )
        assert decoded is not None
        return decoded.hypothesis.text

    assert run_virtual(hears("get weather")) == "weather get weather"
    assert run_virtual(hears("")) == ""


def test_nothing_to_say() -> None:
    assert said(0, 1000, Script("", 0)) == ""


def test_words_are_timed_where_asked() -> None:
    hypothesis = hear(Speech(NOTHING, word_times=True, voiced_ms=1000, script=SCRIPT))
    assert [(word.text, word.start_ms, word.end_ms) for word in hypothesis.words] == [
        ("one", 0, 500),
        ("two", 500, 1000),
    ]


@given(st.lists(st.floats(0, 1000), max_size=10), st.integers(1, 30))
def test_however_it_is_cut_each_word_comes_once(cuts: list[float], words: int) -> None:
    script = Script(" ".join(str(word) for word in range(words)), 1000)
    borders = [0.0, *sorted(cuts), 1000.0]
    pieces = [said(start, end - start, script) for start, end in pairwise(borders)]
    assert " ".join(piece for piece in pieces if piece) == script.text


def test_delays_are_log_normal_about_the_median_and_repeatable() -> None:
    async def delays(decoder: SimulatedDecoder, count: int) -> list[float]:
        loop, taken = asyncio.get_running_loop(), []
        for _ in range(count):
            began = loop.time()
            await decoder.decode(Job(Urgency.FINAL, lambda: Speech(NOTHING)))
            taken.append((loop.time() - began) * 1000)
        return taken

    once = run_virtual(delays(SimulatedDecoder(60, 1), 400))
    assert once == pytest.approx(run_virtual(delays(SimulatedDecoder(60, 1), 400)))
    assert np.median(once) == pytest.approx(60, rel=0.05)
    assert np.log(once).std() == pytest.approx(0.2, rel=0.15)
    assert run_virtual(delays(SimulatedDecoder(0, 1), 1)) == [0]


def test_many_at_once_wait_for_nobody() -> None:
    async def main() -> float:
        decoder = SimulatedDecoder(60, 0)
        async with asyncio.TaskGroup() as tasks:
            for _ in range(64):
                tasks.create_task(decoder.decode(Job(Urgency.FINAL, lambda: Speech(NOTHING))))
        return asyncio.get_running_loop().time()

    assert run_virtual(main()) < 0.2


def test_what_is_no_longer_wanted() -> None:
    decoder = SimulatedDecoder(60, 0)
    assert run_virtual(decoder.decode(Job(Urgency.PARTIAL, lambda: None))) is None


def test_what_it_is_and_refuses() -> None:
    decoder = SimulatedDecoder(60, 0)
    assert decoder.about.simulated
    decoder.check("en", None)
    decoder.check("", Script("", 0))
    with pytest.raises(InvalidInput, match="voiced_ms"):
        decoder.check("en", Script("words", 0))


def test_phrases_change_nothing_and_alternatives_lack_the_last_words() -> None:
    speech = Speech(NOTHING, voiced_ms=1500, script=SCRIPT, max_alternatives=5)
    hypothesis = hear(replace(speech, phrases=(Phrase("five", 20),)))
    assert hypothesis.text == "one two three"
    assert [other.text for other in hypothesis.alternatives] == ["one two", "one"]
    likely = [exp(other.average_log_probability) for other in hypothesis.alternatives]
    assert likely == pytest.approx([0.5, 0.25])
    assert hypothesis.tokens == 3
    assert hear(replace(speech, voiced_ms=0)).alternatives == ()
    assert hear(replace(speech, max_alternatives=0)).alternatives == ()
