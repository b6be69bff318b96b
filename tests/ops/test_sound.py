from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from antiphon.audio import Int16
from antiphon.errors import InvalidInput, NotFound
from ops.sound import read_speech, write_speech

TONE: Int16 = (8000 * np.sin(np.arange(16_000) / 16_000 * 2 * np.pi * 440)).astype(np.int16)


@pytest.mark.parametrize("suffix", ["wav", "flac"])
def test_what_is_written_is_read_again(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    write_speech(path, TONE, 16_000)
    samples, rate_hz = read_speech(path)
    assert rate_hz == 16_000
    assert np.array_equal(samples, TONE)
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", ["ogg", "mp3"])
def test_formats_that_lose_something_keep_the_tone(tmp_path: Path, suffix: str) -> None:
    write_speech(tmp_path / f"a.{suffix}", TONE, 16_000)
    samples, rate_hz = read_speech(tmp_path / f"a.{suffix}")
    assert rate_hz == 16_000
    spectrum = np.abs(np.fft.rfft(samples[4_000:12_000].astype(np.float64)))
    assert np.argmax(spectrum) * 2 == 440


def test_channels_are_mixed(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.array([[100, 300], [0, -200]], np.int16), 8_000)
    assert read_speech(tmp_path / "a.wav")[0].tolist() == [200, -100]


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=rf"no such file: {tmp_path}/a.wav"):
        read_speech(tmp_path / "a.wav")


@pytest.mark.parametrize("data", [b"", b"not a sound", b"RIFF\xff\xff\xff\xffWAVE"])
def test_a_file_that_is_no_sound_is_told(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.wav").write_bytes(data)
    with pytest.raises(InvalidInput, match=r"a.wav is not a sound file that can be read \("):
        read_speech(tmp_path / "a.wav")


def test_a_sound_without_samples_is_told(tmp_path: Path) -> None:
    write_speech(tmp_path / "a.wav", TONE[:0], 8_000)
    with pytest.raises(InvalidInput, match=r"a.wav holds no audio"):
        read_speech(tmp_path / "a.wav")


def test_samples_that_are_no_numbers_are_told(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.array([0.0, np.nan]), 8_000, subtype="FLOAT")
    with pytest.raises(InvalidInput, match=r"a\.wav.*NaN"):
        read_speech(tmp_path / "a.wav")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a.text", "no such format"),
        ("a", "no such format"),
        ("none/a.wav", "there is no folder"),
        ("taken.wav", "Is a directory"),
    ],
)
def test_what_cannot_be_written_is_told(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "taken.wav").mkdir()
    with pytest.raises(InvalidInput, match=rf"cannot write {tmp_path}/{name}: .*{said}"):
        write_speech(tmp_path / name, TONE, 8_000)
    assert [one.name for one in tmp_path.iterdir()] == ["taken.wav"]


def test_a_write_that_breaks_off_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.wav"
    path.write_text("old")

    def full(partial: Path, *_: object, **__: object) -> None:
        partial.write_text("half")
        raise soundfile.LibsndfileError(2)

    monkeypatch.setattr(soundfile, "write", full)
    with pytest.raises(InvalidInput, match=r"cannot write .*a.wav: the file cannot be written"):
        write_speech(path, TONE, 8_000)
    assert [one.read_text() for one in tmp_path.iterdir()] == ["old"]
