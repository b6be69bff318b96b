"""Speech in each of OpenAI's formats is what it was before it was encoded."""

from __future__ import annotations

import numpy as np
import pytest

from antiphon.audio import Int16
from antiphon.errors import InvalidInput
from server.sound.container import samples_of
from server.sound.encoding import Format, open_encoder
from server.sound.kind import Kind
from server.sound.source import Source
from tests.server.sound.files import SECONDS, TONE_HZ, pitch_hz, tone

KINDS = {
    Format.WAV: Kind.WAV,
    Format.MP3: Kind.MP3,
    Format.OPUS: Kind.OGG,
    Format.FLAC: Kind.FLAC,
    Format.AAC: Kind.AAC,
}
CHUNK = 480


def encoded(kind: Format, samples: Int16, rate_hz: int) -> list[bytes]:
    encoder = open_encoder(kind, rate_hz)
    pieces = [encoder.feed(samples[at : at + CHUNK]) for at in range(0, len(samples), CHUNK)]
    return [*pieces, encoder.end()]


def decoded(data: bytes, kind: Kind, rate_hz: int) -> Int16:
    pieces = iter([data])
    return np.concatenate(list(samples_of(Source(lambda: next(pieces, b"")), kind, rate_hz)))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rate_hz", [8_000, 22_050, 24_000, 48_000])
def test_what_goes_in_comes_out(kind: Format, rate_hz: int) -> None:
    data = b"".join(encoded(kind, tone(SECONDS, rate_hz), rate_hz))
    samples = decoded(data, KINDS[kind], rate_hz)
    # Two frames of AAC at 8 kHz are the most that a codec puts around it.
    assert SECONDS * rate_hz <= len(samples) < (SECONDS + 0.25) * rate_hz
    assert pitch_hz(samples, rate_hz) == pytest.approx(TONE_HZ, abs=1)
    assert 7000 < np.abs(samples[rate_hz : 2 * rate_hz]).max() < 9000


def test_pcm_is_the_samples_and_wav_puts_a_header_before_them() -> None:
    samples = tone(1, 24_000)
    assert b"".join(encoded(Format.PCM, samples, 24_000)) == samples.astype("<i2").tobytes()
    first, *rest = encoded(Format.WAV, samples, 24_000)
    header, first = first[:44], first[44:]
    assert header[:4] + header[8:12] == b"RIFFWAVE"
    # The length is not known when the header goes out.
    assert header[4:8] == header[40:44] == b"\xff\xff\xff\xff"
    assert first + b"".join(rest) == samples.astype("<i2").tobytes()


@pytest.mark.parametrize("kind", Format)
def test_speech_comes_out_as_it_goes_in(kind: Format) -> None:
    pieces = encoded(kind, tone(2, 24_000), 24_000)
    # 240 ms, in which even FLAC's longest frame is done; a head alone is smaller than this.
    assert len(b"".join(pieces[:12])) > 500
    assert sum(map(len, pieces[:-1])) > 0.9 * sum(map(len, pieces))


@pytest.mark.parametrize("kind", Format)
def test_nothing_to_say(kind: Format) -> None:
    encoder = open_encoder(kind, 24_000)
    assert len(encoder.feed(np.zeros(0, np.int16)) + encoder.end()) < 10_000


@pytest.mark.parametrize("rate_hz", [0, 7_999, 48_001, 10**9])
def test_rates_have_bounds(rate_hz: int) -> None:
    with pytest.raises(InvalidInput):
        open_encoder(Format.MP3, rate_hz)


def test_media_types() -> None:
    assert Format.OPUS.media_type == "audio/ogg"
    assert len({kind.media_type for kind in Format}) == len(Format)
