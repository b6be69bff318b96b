from collections.abc import Iterable

from inference.card.part import Part, known_mib, total_mib


def test_parts_add_up() -> None:
    assert total_mib([Part("a", 2), Part("b", 3)]) == 5
    assert total_mib([]) == 0


def test_what_is_not_known_is_nothing() -> None:
    def unknown() -> Iterable[Part]:
        raise KeyError("gpu")

    assert known_mib(unknown) == 0
    assert known_mib(lambda: [Part("a", 2)]) == 2
