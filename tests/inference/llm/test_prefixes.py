from __future__ import annotations

from inference.llm.prefixes import MAX_SEEN, Prefixes

A, B = (1, 2, 3), (4, 5, 6)


def test_what_comes_twice_is_kept() -> None:
    prefixes = Prefixes(10)
    assert [prefixes.keep(A), prefixes.kept(A)] == [False, False]
    assert [prefixes.keep(A), prefixes.kept(A)] == [True, True]
    assert prefixes.keep(A)


def test_what_is_asked_for_is_kept_at_once() -> None:
    prefixes = Prefixes(10)
    assert prefixes.keep(A, wanted=True)
    assert prefixes.kept(A)
    assert not prefixes.kept(B)


def test_there_is_an_end_to_it() -> None:
    prefixes = Prefixes(5)
    assert prefixes.keep(A, wanted=True)
    assert not prefixes.keep(B, wanted=True)
    assert prefixes.keep(B[:2], wanted=True)


def test_nothing_is_not_kept() -> None:
    assert not Prefixes(5).keep((), wanted=True)


def test_what_was_seen_once_is_forgotten_in_time() -> None:
    prefixes = Prefixes(10_000)
    prefixes.keep(A)
    for i in range(MAX_SEEN):
        prefixes.keep((9, i))
    assert not prefixes.keep(A)
