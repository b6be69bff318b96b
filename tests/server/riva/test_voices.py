from __future__ import annotations

import pytest

from antiphon.errors import InvalidInput, Unavailable
from antiphon.v1.synthesizer_pb2 import Voice
from server.riva.voices import choose

JOE, EVA, AMY = (
    Voice(name="en-us-joe", language="en-US"),
    Voice(name="de-eva", language="de-DE"),
    Voice(name="en-gb-amy", language="en-GB"),
)
LISTED = [JOE, EVA, AMY]


@pytest.mark.parametrize(
    ("name", "tag", "chosen"),
    [
        ("", "", JOE),
        ("", "en-US", JOE),
        ("", "de", EVA),
        ("", "multi", JOE),
        ("en-gb-amy", "en-US", AMY),
        ("en-gb-amy.default", "en-US", AMY),
        ("en-gb-amy.", "", AMY),
        ("en-gb-amyx", "", JOE),
        ("Magpie-Multilingual.EN-US.Aria", "en-US", JOE),
        ("Magpie-Multilingual.DE-DE.Aria", "de-DE", EVA),
        ("en-us-joe", "de-DE", EVA),
        ("x" * 10_000, "", JOE),
    ],
)
def test_a_name_is_never_refused(name: str, tag: str, chosen: Voice) -> None:
    assert choose(LISTED, name, tag) == chosen


def test_a_language_that_no_voice_speaks_is_refused_with_those_there_are() -> None:
    with pytest.raises(
        InvalidInput, match="no voice speaks 'fr'; there are voices for de-DE, en-GB, en-US"
    ):
        choose(LISTED, "", "fr-FR")


def test_a_service_without_voices_is_not_available() -> None:
    with pytest.raises(Unavailable, match="has no voice"):
        choose([], "", "")
