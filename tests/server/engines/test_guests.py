from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack

import pytest

from antiphon.errors import Exhausted
from server.engines.guests import Guests

Place = Callable[[Guests], AbstractContextManager[None]]
PLACES: list[Place] = [Guests.recognition, Guests.generation, Guests.synthesis]


@pytest.mark.parametrize("place", PLACES)
def test_so_many_and_no_more_until_one_leaves(place: Place) -> None:
    guests = Guests(2)
    with place(guests):
        with place(guests):
            with pytest.raises(Exhausted) as refused, place(guests):
                pass
            assert refused.value.reason == "GUESTS_FULL"
            assert "2 places" in refused.value.message
        with place(guests):
            pass


def test_each_engine_has_places_of_its_own() -> None:
    guests = Guests(1)
    with ExitStack() as stack:
        for place in PLACES:
            stack.enter_context(place(guests))


def test_a_guest_that_fails_leaves_too() -> None:
    guests = Guests(1)
    with pytest.raises(ZeroDivisionError), guests.synthesis():
        raise ZeroDivisionError
    with guests.synthesis():
        pass
