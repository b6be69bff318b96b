from __future__ import annotations

import pytest

from ops.doctor import bootstrap, card, places, seats, system, weights
from ops.doctor.finding import Finding
from ops.doctor.visit import visit

ROUND = [
    "platform",
    "settings",
    "packages",
    "environments",
    "card",
    "models",
    "disk",
    "addresses",
    "key",
    "capacity",
]


@pytest.fixture(autouse=True)
def rooms(monkeypatch: pytest.MonkeyPatch) -> None:
    def amiss(topic: str) -> Finding:
        return Finding(topic, "amiss", "mend it")

    monkeypatch.setattr(system, "packages", lambda _: [amiss("packages")])
    monkeypatch.setattr(card, "card", lambda _: [amiss("card")])
    monkeypatch.setattr(system, "disk", lambda _: [amiss("disk")])
    monkeypatch.setattr(bootstrap, "environments", lambda _: [amiss("environments")])
    monkeypatch.setattr(
        weights, "models", lambda _, deep: [Finding("models", f"deep: {deep}", "mend it")]
    )
    monkeypatch.setattr(places, "addresses", lambda _: [amiss("addresses")])
    monkeypatch.setattr(places, "key", lambda _: amiss("key"))
    monkeypatch.setattr(seats, "seats", lambda _: [amiss("capacity")])


def test_everything_is_looked_at_whatever_was_found_before() -> None:
    found = list(visit(deep=True))
    assert [one.topic for one in found] == ROUND
    assert Finding("models", "deep: True", "mend it") in found


def test_wrong_settings_end_the_round(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTIPHON_ASR__ENGINE", "guessing")
    monkeypatch.setenv("ANTIPHON_CONFIG", "")
    *_, last = visit(deep=False)
    assert last.topic == "settings"
    assert "asr.engine = 'guessing'" in last.what
    assert last.mend == "edit antiphon.toml or the environment"
