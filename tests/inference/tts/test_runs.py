"""Words in runs that the voice can speak in one go."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from inference.tts.engine import Said, Span
from inference.tts.runs import MAX_LETTERS, MAX_WORD_LETTERS, runs

SPAN = Span(0, 1)


def test_a_usual_clause_is_one_run() -> None:
    words = [Said("hello", SPAN)] * 40
    assert runs(words) == [words]
    assert runs([]) == []


def test_a_long_one_is_cut_at_its_last_mark() -> None:
    words = [Said("nine", SPAN, "," if index % 30 == 29 else "") for index in range(100)]
    assert [len(run) for run in runs(words)] == [60, 40]


def test_without_a_mark_it_is_cut_where_it_is_full() -> None:
    assert [len(run) for run in runs([Said("nine", SPAN)] * 100)] == [75, 25]


def test_a_word_without_end() -> None:
    (run,) = runs([Said("a" * 150, SPAN, ".")])
    assert [(len(word.text), word.mark) for word in run] == [(60, ""), (60, ""), (30, ".")]


WORDS = st.builds(
    Said, st.text("ab", min_size=1, max_size=500), st.just(SPAN), st.sampled_from(["", "", ","])
)


@given(st.lists(WORDS))
def test_nothing_is_lost_and_nothing_too_long(words: list[Said]) -> None:
    found = runs(words)
    assert "".join(w.text for run in found for w in run) == "".join(w.text for w in words)
    assert [w.mark for run in found for w in run if w.mark] == [w.mark for w in words if w.mark]
    for run in found:
        assert run
        assert sum(len(word.text) for word in run) <= MAX_LETTERS
        assert all(len(word.text) <= MAX_WORD_LETTERS for word in run)
