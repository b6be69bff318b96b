from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.errors import AntiphonError, InvalidInput, NotFound
from ops.bench.data import default_folder, load_clips, spread
from ops.settings import REPOSITORY
from ops.sound import write_speech

HEADER = "file\tseconds\ttranscript\tlanguage\tcondition\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a").mkdir()
    write_speech(tmp_path / "a/one.wav", np.arange(800, dtype=np.int16), 8_000)
    (tmp_path / "two.wav").touch()
    return tmp_path


def manifest(folder: Path, text: str) -> None:
    (folder / "manifest.tsv").write_text(text)


def test_each_row_is_a_clip(folder: Path) -> None:
    manifest(folder, f'{HEADER}a/one.wav\t0.1\the said "hi\tde\tnoisy\ntwo.wav\t2.5\t\t\t\n')
    one, two = load_clips(folder)
    assert (one.name, one.seconds, one.transcript) == ("a/one.wav", 0.1, 'he said "hi')
    assert (one.path, one.language, one.condition) == (folder / "a/one.wav", "de", "noisy")
    assert (two.transcript, two.language, two.condition) == ("", "en", "")


def test_a_clip_is_read_at_the_rate_of_recognition(folder: Path) -> None:
    manifest(folder, f"{HEADER}a/one.wav\t0.1\thi\ten\tclean\n")
    clip = load_clips(folder)[0]
    assert len(clip.read()) == 1600
    assert clip.read(8_000).tolist() == list(range(800))


def test_a_kind_serves_as_condition(folder: Path) -> None:
    manifest(folder, "file\tseconds\ttranscript\tkind\ntwo.wav\t1\thi\tshort\n")
    assert load_clips(folder)[0].condition == "short"


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        (HEADER, InvalidInput, "lists no clips"),
        ("", InvalidInput, "lists no clips"),
        ("file\tseconds\ntwo.wav\t1\n", InvalidInput, "line 2 has no column 'transcript'"),
        (f"{HEADER}two.wav\t1\n", InvalidInput, "line 2 has no column 'transcript'"),
        (f"{HEADER}two.wav\tlong\thi\n", InvalidInput, "line 2: seconds is 'long', not a number"),
        (f"{HEADER}three.wav\t1\thi\n", NotFound, "line 2 names .*three.wav, which does not exist"),
    ],
)
def test_what_is_amiss_is_told(
    folder: Path, text: str, error: type[AntiphonError], said: str
) -> None:
    manifest(folder, text)
    with pytest.raises(error, match=said):
        load_clips(folder)


def test_a_manifest_that_is_no_text_is_told(folder: Path) -> None:
    (folder / "manifest.tsv").write_bytes(b"file\tseconds\ttranscript\n\xff\n")
    with pytest.raises(InvalidInput, match="is not UTF-8 text"):
        load_clips(folder)


def test_a_folder_without_a_manifest_is_told(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(NotFound, match=rf"no manifest.tsv in {folder}: give a data folder"):
            load_clips(folder)


def test_the_environment_says_where_clips_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTIPHON_SPEECH", "/clips")
    assert default_folder("speech") == Path("/clips")
    monkeypatch.delenv("ANTIPHON_TURNS", raising=False)
    assert default_folder("turns") == REPOSITORY.parent / "shared/turns"


@given(st.integers(0, 50), st.one_of(st.none(), st.integers(1, 60)))
def test_a_sample_is_spread_evenly(count: int, limit: int | None) -> None:
    items = list(range(count))
    taken = spread(items, limit)
    assert len(taken) == min(count, limit or count)
    assert taken == sorted(set(taken))
    gaps = np.diff(taken)
    assert not len(gaps) or gaps.max() - gaps.min() <= 1
