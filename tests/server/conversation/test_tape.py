"""The caller's audio as it is kept for another recogniser."""

from __future__ import annotations

from server.conversation.tape import BEFORE_SPEECH_MS, LONGEST_MS, MOST_PIECES, SHORT_MS, Tape


def recorded(pieces: int) -> Tape:
    """Return a tape of so many pieces of 100 ms."""
    tape = Tape()
    for number in range(pieces):
        tape.add(b"%d" % number, 100, 0)
    return tape


def test_pieces_have_places_and_numbers() -> None:
    tape = recorded(3)
    assert (tape.start_ms, tape.end_ms, tape.first, tape.next) == (0, 300, 0, 3)
    piece = tape.at(1)
    assert piece is not None
    assert (piece.start_ms, piece.end_ms, piece.audio) == (100, 200, b"1")
    assert tape.at(3) is None
    assert len(tape.pieces()) == 3


def test_a_final_that_nobody_asked_for_settles_what_it_tells() -> None:
    tape = recorded(5)
    tape.settle(250)
    assert (tape.first, tape.start_ms) == (2, 200)
    # One that is kept no more stands for the oldest.
    piece = tape.at(0)
    assert piece is not None
    assert piece.start_ms == 200


def test_a_final_that_was_asked_for_settles_all_before_the_request() -> None:
    tape = recorded(2)
    tape.finish()
    tape.add(b"after", 100, 0)
    tape.finish()
    tape.settle(150)
    assert [piece.audio for piece in tape.pieces()] == [b"after", None]
    tape.settle(300)
    assert (tape.pieces(), tape.start_ms, tape.next) == ((), 300, 5)


def test_while_nobody_speaks_only_the_last_while_is_kept() -> None:
    tape = recorded(50)
    tape.rest(10)
    assert tape.first == 10  # what no recogniser has heard stays
    tape.rest(50)
    assert tape.end_ms - tape.start_ms == BEFORE_SPEECH_MS + 100
    tape.finish()
    tape.rest(tape.next)
    assert tape.pieces()[-1].audio is None


def test_it_is_bounded() -> None:
    tape = recorded(1000)
    assert tape.end_ms - tape.start_ms == LONGEST_MS
    tape.clear()
    assert (tape.pieces(), tape.first, tape.start_ms) == ((), 1000, 100_000)


def test_what_is_short_is_joined_until_it_is_heard() -> None:
    tape = Tape()
    for _ in range(8):
        tape.add(b"x", SHORT_MS / 4, 0)
    assert [piece.audio for piece in tape.pieces()] == [b"xxxx", b"xxxx"]
    tape.add(b"y", SHORT_MS / 4, 0)
    tape.pieces()[-1].level_db = -20.0
    tape.add(b"y", SHORT_MS / 4, 0)
    tape.add(b"z", SHORT_MS / 4, 3)  # the one before was heard
    tape.finish()
    tape.add(b"after", SHORT_MS / 4, 3)
    tape.add(b"long", SHORT_MS, 3)
    assert [piece.audio for piece in tape.pieces()[2:]] == [b"yy", b"z", None, b"after", b"long"]
    joined = tape.pieces()[2]
    assert (joined.end_ms - joined.start_ms, joined.level_db) == (SHORT_MS / 2, None)


def test_nothing_is_joined_to_what_was_forgotten() -> None:
    tape = Tape()
    tape.add(b"a", 10, 0)
    tape.clear()
    tape.add(b"b", 10, 0)
    assert [piece.audio for piece in tape.pieces()] == [b"b"]


def test_short_pieces_that_were_heard_are_counted() -> None:
    tape = Tape()
    for number in range(MOST_PIECES + 10):
        tape.add(b"x", 0.01, number)
    assert (len(tape.pieces()), tape.first) == (MOST_PIECES, 10)
