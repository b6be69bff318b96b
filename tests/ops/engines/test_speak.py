from __future__ import annotations

from pathlib import Path

import pytest

from antiphon.errors import AntiphonError, InvalidInput, NotFound, Unavailable
from ops.engines.speak import PIECE_CHARS, speak
from tests.ops.fake_engines import VOICE_HZ, Synthesizer, serving


def test_a_text_is_spoken_at_the_voices_own_rate(tmp_path: Path) -> None:
    synthesizer = Synthesizer()
    with serving(tmp_path, "tts", synthesizer) as address:
        samples, rate_hz = speak(address, "abc")
    assert samples.tolist() == [97, 98, 99]
    assert rate_hz == VOICE_HZ
    assert synthesizer.config is not None
    assert (synthesizer.config.voice, synthesizer.config.audio.sample_rate_hz) == ("joe", VOICE_HZ)


def test_voice_and_rate_can_be_chosen(tmp_path: Path) -> None:
    synthesizer = Synthesizer()
    with serving(tmp_path, "tts", synthesizer) as address:
        assert speak(address, "abc", "ann", 24_000)[1] == 24_000
    assert synthesizer.config is not None
    assert (synthesizer.config.voice, synthesizer.config.audio.sample_rate_hz) == ("ann", 24_000)


def test_a_long_text_goes_in_pieces_and_comes_out_whole(tmp_path: Path) -> None:
    text = "wörld" * PIECE_CHARS
    synthesizer = Synthesizer()
    with serving(tmp_path, "tts", synthesizer) as address:
        samples, _ = speak(address, text)
    assert "".join(synthesizer.texts) == text
    assert len(synthesizer.texts) == 5
    assert len(samples) == len(text)


@pytest.mark.parametrize(
    ("synthesizer", "text", "voice", "error", "said"),
    [
        (Synthesizer(), "...", "", InvalidInput, "nothing that can be spoken"),
        (Synthesizer(), "a", "eve", NotFound, "no voice 'eve'; there are: joe, ann"),
        (Synthesizer(voices=()), "a", "", Unavailable, "has no voice"),
        (Synthesizer(refusal="too long"), "a" * 100_000, "", InvalidInput, "too long"),
    ],
)
def test_what_cannot_be_spoken_is_told(
    tmp_path: Path,
    synthesizer: Synthesizer,
    text: str,
    voice: str,
    error: type[AntiphonError],
    said: str,
) -> None:
    with (
        serving(tmp_path, "tts", synthesizer) as address,
        pytest.raises(error, match=said),
    ):
        speak(address, text, voice)


def test_a_service_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="speech synthesis service is not reachable"):
        speak(f"unix:{tmp_path}/tts.sock", "a")
