from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon import audio
from antiphon.audio import Encoding
from antiphon.errors import InvalidInput

int16s = st.lists(st.integers(-32_768, 32_767), max_size=50).map(lambda v: np.array(v, np.int16))


@given(int16s)
@pytest.mark.parametrize("encoding", [Encoding.PCM_S16LE, Encoding.PCM_F32LE])
def test_linear_encodings_lose_nothing(encoding: Encoding, samples: audio.Int16) -> None:
    assert np.array_equal(audio.decode(audio.encode(samples, encoding), encoding), samples)


# ITU-T G.711: code words and the values that they stand for, at 16 bits.
@pytest.mark.parametrize(
    ("encoding", "code", "value"),
    [
        (Encoding.MULAW, 0xFF, 0),
        (Encoding.MULAW, 0x7F, 0),
        (Encoding.MULAW, 0x80, 32_124),
        (Encoding.MULAW, 0x00, -32_124),
        (Encoding.MULAW, 0xFE, 8),
        (Encoding.ALAW, 0xD5, 8),
        (Encoding.ALAW, 0x55, -8),
        (Encoding.ALAW, 0xAA, 32_256),
        (Encoding.ALAW, 0x2A, -32_256),
        (Encoding.ALAW, 0xC5, 264),
    ],
)
def test_g711_decodes_as_the_standard_says(encoding: Encoding, code: int, value: int) -> None:
    assert audio.decode(bytes([code]), encoding)[0] == value


@pytest.mark.parametrize("encoding", [Encoding.MULAW, Encoding.ALAW])
def test_g711_keeps_every_code_word(encoding: Encoding) -> None:
    codes = bytes(range(256))
    decoded = audio.decode(codes, encoding)
    again = audio.decode(audio.encode(decoded, encoding), encoding)
    assert np.array_equal(again, decoded)


@given(st.integers(-32_768, 32_767))
@pytest.mark.parametrize("encoding", [Encoding.MULAW, Encoding.ALAW])
def test_g711_is_within_its_step(encoding: Encoding, value: int) -> None:
    samples = np.array([value], np.int16)
    decoded = int(audio.decode(audio.encode(samples, encoding), encoding)[0])
    # The widest step is 1/16 of its segment, and mu-law clips above 32,635.
    assert abs(decoded - value) <= max(abs(value) / 16, 16) + (644 if abs(value) > 32_124 else 0)


@pytest.mark.parametrize("encoding", [Encoding.PCM_S16LE, Encoding.PCM_F32LE])
def test_a_split_sample_is_refused(encoding: Encoding) -> None:
    with pytest.raises(InvalidInput, match="no whole number") as refused:
        audio.decode(b"\0\0\0", encoding)
    assert refused.value.reason == "SPLIT_SAMPLE"


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_refused(value: float) -> None:
    data = np.array([0.0, value], "<f4").tobytes()
    with pytest.raises(InvalidInput) as refused:
        audio.decode(data, Encoding.PCM_F32LE)
    assert refused.value.reason == "NOT_FINITE"


def test_louder_than_full_scale_is_clipped() -> None:
    assert audio.from_float(np.array([2.0, -2.0])).tolist() == [32_767, -32_768]


@pytest.mark.parametrize("rate_hz", [0, 7_999, 48_001, 10**9])
def test_odd_rates_are_refused(rate_hz: int) -> None:
    with pytest.raises(InvalidInput, match=str(rate_hz)):
        audio.check_rate(rate_hz)


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 24_000, 48_000])
def test_usual_rates_pass(rate_hz: int) -> None:
    assert audio.check_rate(rate_hz) == rate_hz


def _tone(rate_hz: int) -> audio.Int16:
    seconds = np.arange(rate_hz) / rate_hz
    return (10_000 * np.sin(2 * np.pi * 440 * seconds)).astype(np.int16)


@pytest.mark.parametrize(
    ("from_hz", "to_hz"), [(48_000, 16_000), (8_000, 16_000), (22_050, 24_000)]
)
def test_a_resampled_stream_is_the_resampled_clip(from_hz: int, to_hz: int) -> None:
    stream = audio.Resampler(from_hz, to_hz)
    pieces = [stream.feed(piece) for piece in np.array_split(_tone(from_hz), 37)]
    streamed = np.concatenate([*pieces, stream.flush()]).astype(float)
    expected = _tone(to_hz).astype(float)
    assert abs(len(streamed) - len(expected)) <= 1
    middle = slice(to_hz // 10, -to_hz // 10)
    length = min(len(streamed), len(expected))
    assert np.abs(streamed[:length] - expected[:length])[middle].max() < 40
    assert (
        np.abs(audio.resample(_tone(from_hz), from_hz, to_hz)[middle] - streamed[middle]).max() <= 2
    )


def test_equal_rates_pass_untouched() -> None:
    tone = _tone(8_000)
    stream = audio.Resampler(8_000, 8_000)
    assert stream.feed(tone) is tone
    assert len(stream.flush()) == 0
    assert audio.resample(tone, 8_000, 8_000) is tone
