"""Endpointing, chunk by chunk. A chunk is 32 ms: V is voice, v is doubtful, . is silence."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.asr.detector import CHUNK_MS, CHUNK_SAMPLES
from inference.asr.endpointer import (
    CUT_WITHIN_MS,
    LONGEST_PIECE_MS,
    LONGEST_UTTERANCE_MS,
    PREROLL_MS,
    SETTLE_MS,
    Cut,
    Ended,
    Endpointer,
    Event,
    Hushed,
    Paused,
    Resumed,
    Rules,
    Settled,
    Started,
)

PROBABILITY = {"V": 0.9, "v": 0.4, ".": 0.1}
QUIET_DB, LOUD_DB = 10.0, 50.0
EXTERNAL = Rules(silence_ms=None)
PIECE_CHUNKS = int(LONGEST_PIECE_MS / CHUNK_MS)
SETTLE_CHUNKS = int(SETTLE_MS / CHUNK_MS) + 1


def run(endpointer: Endpointer, chunks: str) -> list[tuple[int, Event]]:
    """Feed `chunks`; return each event with the number of chunks after which it came."""
    return [
        (number, event)
        for number, chunk in enumerate(chunks, start=1)
        for event in endpointer.feed(PROBABILITY[chunk], LOUD_DB if chunk == "V" else QUIET_DB)
    ]


def brief(events: list[tuple[int, Event]]) -> list[tuple[int, str, int | None]]:
    """Return (chunks, kind, where in chunks) of all but hushes."""
    return [
        (number, type(event).__name__, _chunks(getattr(event, "at", None)))
        for number, event in events
        if not isinstance(event, Hushed)
    ]


def _chunks(at: int | None) -> int | None:
    return None if at is None else at // CHUNK_SAMPLES


@pytest.mark.parametrize(
    ("chunks", "expected"),
    [
        ("." * 50, []),
        # One chunk is a click, and doubt alone starts nothing.
        ("..V..V..v" + "." * 20, []),
        ("v" * 20, []),
        # The pause comes after 192 ms, the end after 512, both told where the voice ended.
        (
            "...VVVV" + "." * 20,
            [(5, "Started", 3), (13, "Paused", 7), (23, "Ended", 7)],
        ),
        # Doubt keeps a voice going.
        ("VVvvvv......", [(2, "Started", 0), (12, "Paused", 6)]),
        # A gap within a word is nothing, a short one between words a hush and no pause.
        ("VVV..VV", [(2, "Started", 0)]),
        ("VVV.....VV", [(2, "Started", 0), (10, "Resumed", 8)]),
        # Voice after a pause resumes, a click does not.
        (
            "VVV......V.VV",
            [(2, "Started", 0), (9, "Paused", 3), (13, "Resumed", 11)],
        ),
        # Two utterances.
        (
            "VV" + "." * 20 + "VV" + "." * 20,
            [
                (2, "Started", 0),
                (8, "Paused", 2),
                (18, "Ended", 2),
                (24, "Started", 22),
                (30, "Paused", 24),
                (40, "Ended", 24),
            ],
        ),
    ],
)
def test_silence_mode(chunks: str, expected: list[tuple[int, str, int]]) -> None:
    assert brief(run(Endpointer(Rules()), chunks)) == expected


@pytest.mark.parametrize(
    ("hush_ms", "chunks", "kinds"),
    [
        (96, "VV..", [Started]),
        (96, "VV...", [Started, Hushed]),
        (96, "VV......", [Started, Hushed, Paused]),
        (96, "VV...VV...", [Started, Hushed, Resumed, Hushed]),
        (500, "VV......", [Started, Hushed, Paused]),
    ],
)
def test_a_hush_comes_before_the_pause(
    hush_ms: float, chunks: str, kinds: list[type[Event]]
) -> None:
    events = run(Endpointer(Rules(hush_ms=hush_ms)), chunks)
    assert [type(event) for _, event in events] == kinds
    assert all(
        event.at == 2 * CHUNK_SAMPLES for _, event in events[:2] if isinstance(event, Hushed)
    )


def test_a_short_silence_pauses_and_ends_at_once() -> None:
    events = run(Endpointer(Rules(silence_ms=100)), "VV" + "." * 10)
    assert brief(events) == [(2, "Started", 0), (6, "Paused", 2), (6, "Ended", 2)]


def test_external_mode_ends_only_when_it_is_told() -> None:
    endpointer = Endpointer(EXTERNAL)
    events = run(endpointer, "VV" + "." * 2000)
    assert brief(events) == [
        (2, "Started", 0),
        (8, "Paused", 2),
        (2 + SETTLE_CHUNKS, "Settled", None),
    ]
    assert endpointer.finish() == [Ended(2 * CHUNK_SAMPLES)]
    assert endpointer.finish() == []


def test_finished_in_the_midst_of_a_word() -> None:
    endpointer = Endpointer(EXTERNAL)
    run(endpointer, "VVVV")
    assert endpointer.speaking
    assert endpointer.finish() == [Ended(4 * CHUNK_SAMPLES)]
    assert not endpointer.speaking
    # The next utterance does not reach back into this one.
    (_, started), *_ = run(endpointer, "VV")
    assert started == Started(4 * CHUNK_SAMPLES, 4 * CHUNK_SAMPLES, 4 * CHUNK_MS)


def test_preroll() -> None:
    preroll = PREROLL_MS / CHUNK_MS
    (_, started), *_ = run(Endpointer(Rules()), "." * 20 + "VV")
    assert started == Started(20 * CHUNK_SAMPLES, int((20 - preroll) * CHUNK_SAMPLES), 0)
    (_, early), *_ = run(Endpointer(Rules()), "..VV")
    assert isinstance(early, Started)
    assert early.audio_from == 0


@pytest.mark.parametrize(("preroll_ms", "chunks"), [(0, 0), (64, 2), (5000, 20)])
def test_preroll_is_as_long_as_the_rules_say(preroll_ms: float, chunks: int) -> None:
    (_, started), *_ = run(Endpointer(Rules(preroll_ms=preroll_ms)), "." * 20 + "VV")
    assert started == Started(20 * CHUNK_SAMPLES, (20 - chunks) * CHUNK_SAMPLES, 0)


@pytest.mark.parametrize(
    ("start", "stop", "expected"),
    [
        (0.95, 0.665, []),
        (0.9, 0.63, [(4, "Started", 2), (12, "Paused", 6)]),
        (0.3, 0.21, [(2, "Started", 0), (14, "Paused", 8)]),
    ],
)
def test_what_voice_is_the_rules_say(
    start: float, stop: float, expected: list[tuple[int, str, int]]
) -> None:
    rules = Rules(start_probability=start, stop_probability=stop)
    assert brief(run(Endpointer(rules), "vvVVVVvv......")) == expected


def test_after_a_long_silence_a_piece_of_its_own_begins() -> None:
    endpointer = Endpointer(EXTERNAL)
    run(endpointer, "VV" + "." * 100)
    ((_, resumed),) = run(endpointer, "VV")
    assert isinstance(resumed, Resumed)
    assert resumed.at - resumed.audio_from == PREROLL_MS * CHUNK_SAMPLES / CHUNK_MS
    assert resumed.voiced_before_ms == 2 * CHUNK_MS


def test_voice_is_counted() -> None:
    endpointer = Endpointer(Rules())
    run(endpointer, "V.VVvv......V.VVV")
    assert endpointer.voiced_ms == 7 * CHUNK_MS


def test_long_speech_is_cut_where_it_is_quietest() -> None:
    endpointer = Endpointer(EXTERNAL)
    breath = PIECE_CHUNKS - 100
    events = run(endpointer, "V" * breath + "..." + "V" * 200)
    (number, cut) = events[-1]
    assert isinstance(cut, Cut)
    assert number == PIECE_CHUNKS
    assert cut.at == int((breath + 1.5) * CHUNK_SAMPLES)
    assert cut.voiced_ms == breath * CHUNK_MS


def test_a_cut_is_looked_for_near_the_end() -> None:
    early = PIECE_CHUNKS - int(CUT_WITHIN_MS / CHUNK_MS) - 50
    events = run(Endpointer(EXTERNAL), "V" * early + "..." + "V" * PIECE_CHUNKS)
    (cut,) = [event for _, event in events if isinstance(event, Cut)][:1]
    assert cut.at > (early + 4) * CHUNK_SAMPLES


def test_a_pause_at_the_limit_settles_instead() -> None:
    events = run(Endpointer(EXTERNAL), "V" * (PIECE_CHUNKS - 7) + "." * 20)
    assert [kind for _, kind, _ in brief(events)] == ["Started", "Paused", "Settled"]


def test_endless_speech_is_ended() -> None:
    chunks = int(LONGEST_UTTERANCE_MS / CHUNK_MS)
    events = run(Endpointer(EXTERNAL), "V" * (chunks + 10))
    ended = [(number, event) for number, event in events if isinstance(event, Ended)]
    assert [number for number, _ in ended] == [chunks]


@given(st.text(alphabet="VVVv...", max_size=400), st.sampled_from([None, 100, 300, 500]))
def test_events_come_in_the_order_of_the_contract(chunks: str, silence_ms: float | None) -> None:
    endpointer = Endpointer(Rules(silence_ms=silence_ms))
    events = [event for _, event in run(endpointer, chunks)] + endpointer.finish()
    allowed: dict[type[Event], set[type[Event]]] = {
        Started: {Hushed, Ended},
        Hushed: {Paused, Resumed, Ended},
        Paused: {Settled, Resumed, Ended},
        Settled: {Resumed, Ended},
        Resumed: {Hushed, Ended},
        Ended: {Started},
    }
    for before, after in pairwise(events):
        assert type(after) in allowed[type(before)]
    if events:
        assert isinstance(events[0], Started)
        assert isinstance(events[-1], Ended)


@given(st.text(alphabet="VVVVv.", max_size=3000).map(lambda text: text * 2))
def test_pieces_never_overlap_nor_exceed_the_window(chunks: str) -> None:
    endpointer = Endpointer(EXTERNAL)
    piece_from = taken_to = 0
    for number, event in run(endpointer, chunks):
        match event:
            case Started(audio_from=audio_from):
                assert audio_from >= taken_to
                piece_from = audio_from
            case Cut(at=at):
                assert piece_from < at <= number * CHUNK_SAMPLES
                piece_from = taken_to = at
            case Hushed():
                taken_to = number * CHUNK_SAMPLES
        assert (
            number * CHUNK_SAMPLES - piece_from
        ) / 16 <= LONGEST_PIECE_MS + CHUNK_MS or isinstance(event, Settled | Resumed)
