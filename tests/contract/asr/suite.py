"""What every recogniser must do with phrases, alternatives and many callers: one suite for all engines.

A file `test_ENGINE.py` beside this one imports all of it and has a fixture `service`.
"""

from __future__ import annotations

import grpc
import pytest

from antiphon.status import from_rpc_error
from antiphon.v1.recognizer_pb2 import Phrase
from tests.contract.asr.recognition import Recognition, Said
from tests.speech import wrong_percent

SENTENCE = Said(
    "librispeech_test_other/3005-163389-0000.wav",
    "They swarmed up in front of Sherburn's palings as thick as they could jam together, "
    "and you couldn't hear yourself think for the noise.",
)
COWARD = Said("librispeech_test_other/3005-163389-0004.wav", "The average man's a coward.")
CLUBS = Said("commands/cards_001.wav", "Ten of clubs.")
# Which words are mistaken differs by the processor's numerics.
WRONG_PERCENT = 35
PHRASES = [Phrase(text="Sherburn", boost=20), Phrase(text="Okonkwo"), Phrase(text=" ")]


def test_a_final_says_how_likely_it_is_and_nothing_that_was_not_asked(service: Recognition) -> None:
    [final] = service.hear(COWARD)
    assert wrong_percent(COWARD.text, final.text) <= WRONG_PERCENT
    assert 0 < final.probability <= 1
    assert not final.alternatives


def test_alternatives_are_other_texts_the_likeliest_first(service: Recognition) -> None:
    [plain], [final] = service.hear(SENTENCE), service.hear(SENTENCE, max_alternatives=2)
    assert final.text == plain.text
    texts = [other.text for other in final.alternatives]
    assert 1 <= len(texts) <= 2
    assert len({final.text, *texts}) == len(texts) + 1
    likely = [other.probability for other in final.alternatives]
    assert likely == sorted(likely, reverse=True)
    assert all(0 < probability < 1 for probability in likely)


def test_phrases_that_were_not_said_change_little(service: Recognition) -> None:
    [final] = service.hear(SENTENCE, phrases=PHRASES)
    assert wrong_percent(SENTENCE.text, final.text) <= WRONG_PERCENT


def test_many_at_once_are_each_told_their_own(service: Recognition) -> None:
    said = [COWARD, CLUBS, SENTENCE] * 2
    finals = service.hear(*said)
    for one, final in zip(said, finals, strict=True):
        assert wrong_percent(one.text, final.text) <= WRONG_PERCENT


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"phrases": [Phrase(text="a")] * 101}, "PHRASES"),
        ({"phrases": [Phrase(text="a" * 201)]}, "PHRASES"),
        ({"phrases": [Phrase(text="a", boost=21)]}, "BOOST"),
        ({"max_alternatives": 11}, "MAX_ALTERNATIVES"),
    ],
)
def test_more_than_the_contract_has_is_refused(
    service: Recognition, values: dict[str, object], reason: str
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        service.hear(CLUBS, **values)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert from_rpc_error(caught.value, "asr").reason == reason


def test_what_is_declared(service: Recognition) -> None:
    assert {"phrases", "alternatives", "word_times"} <= {*service.parts.info.capabilities}
