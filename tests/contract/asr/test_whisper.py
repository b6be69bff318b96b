"""The contract on Whisper, with real weights."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from antiphon.v1.recognizer_pb2 import Phrase
from tests.contract.asr.recognition import Recognition, Said, recognition
from tests.contract.asr.suite import *  # noqa: F403
from tests.weights import weights

pytestmark = pytest.mark.model

MYCROFT = Said("commands/weather_mycroft.wav", "What's the weather next week, Mycroft?")


@pytest.fixture(scope="module")
def service() -> Iterator[Recognition]:
    weights("whisper-base")
    with recognition() as found:
        yield found


def test_a_name_that_is_told_is_heard(service: Recognition) -> None:
    """Without the phrase Whisper base hears "my craft"."""
    [plain] = service.hear(MYCROFT)
    [told] = service.hear(MYCROFT, phrases=[Phrase(text="Mycroft", boost=10)])
    assert "mycroft" in told.text.lower()
    assert "mycroft" not in plain.text.lower()
