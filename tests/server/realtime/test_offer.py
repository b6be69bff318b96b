from __future__ import annotations

import pytest

from antiphon.errors import InvalidInput
from server.realtime.offer import FEW, Offer


def test_of_what_is_not_known_everything_passes() -> None:
    offer = Offer()
    offer.check_voice("nobody", "session.audio.output.voice")
    offer.check_simulation("session.antiphon.simulation")


@pytest.mark.parametrize("name", ["joe", ""])
def test_a_voice_that_is_there_passes_and_so_does_the_sites_own(name: str) -> None:
    Offer(("amy", "joe")).check_voice(name, "session.audio.output.voice")


@pytest.mark.parametrize(
    ("voices", "told"),
    [
        ((), "there are: none"),
        (("amy", "joe"), "there are: amy, joe"),
        (tuple(map(str, range(FEW + 1))), "6, 7, and more"),
    ],
)
def test_any_other_voice_is_refused_with_those_that_there_are(
    voices: tuple[str, ...], told: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        Offer(voices).check_voice("nobody", "session.audio.output.voice")
    assert refused.value.metadata["param"] == "session.audio.output.voice"
    assert refused.value.message.endswith(told)
    assert "nobody" not in refused.value.message


def test_only_a_simulated_recogniser_hears_what_it_is_told_to() -> None:
    Offer(simulates=True).check_simulation("session.antiphon.simulation")
    with pytest.raises(InvalidInput, match="this one listens"):
        Offer(simulates=False).check_simulation("session.antiphon.simulation")
