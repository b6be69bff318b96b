from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from inference.card.card import Card
from ops.doctor import card as doctor
from ops.doctor.finding import Finding
from ops.settings import Settings

L4 = Card("NVIDIA L4", 23_034, 22_500, "580.95.05", (8, 9))


def visit(monkeypatch: pytest.MonkeyPatch, card: Card | None, **environ: str) -> list[Finding]:
    monkeypatch.setattr(doctor, "probe", lambda: card)
    return list(doctor.card(Settings.load(environ)))


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_nothing_is_looked_for_where_nothing_uses_a_card(monkeypatch: pytest.MonkeyPatch) -> None:
    assert visit(monkeypatch, None) == []
    assert visit(monkeypatch, None, ANTIPHON_LLM__ENGINE="vllm") == []


def test_a_card_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    [finding] = visit(monkeypatch, None, ANTIPHON_PROFILE="gpu")
    assert finding.amiss
    assert "NVML finds none" in finding.what


def test_a_card_that_holds_the_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    [finding] = visit(monkeypatch, L4, ANTIPHON_PROFILE="gpu")
    assert not finding.amiss
    assert finding.what.startswith("NVIDIA L4, 22.5 GiB, driver 580.95.05: the engines take 2")


def test_a_driver_that_is_too_old_for_some(monkeypatch: pytest.MonkeyPatch) -> None:
    found = visit(monkeypatch, replace(L4, driver="570.1"), ANTIPHON_PROFILE="gpu")
    assert ["[tts] needs 580" in one.what or "[llm] needs 580" in one.what for one in found] == [
        True,
        True,
    ]
    assert all(one.amiss for one in found)


@pytest.mark.parametrize(
    ("free_mib", "share", "what", "mend"),
    [
        (22_500, "0.9", "GiB together", "antiphon plan --memory-gib 22.5 --write FILE"),
        # Others leave room for each engine, and not for all.
        (19_000, "0.7", "18.6 GiB free: the engines need", "end what holds 3.9 GiB there"),
    ],
)
def test_engines_that_fit_alone_and_not_together(
    monkeypatch: pytest.MonkeyPatch, free_mib: int, share: str, what: str, mend: str
) -> None:
    found = visit(
        monkeypatch,
        replace(L4, free_mib=free_mib),
        ANTIPHON_PROFILE="gpu",
        ANTIPHON_LLM__VLLM__GPU_MEMORY_UTILIZATION=share,
    )
    assert [one.amiss for one in found] == [True]
    assert what in found[0].what
    assert found[0].mend == mend


def test_simulated_engines_need_no_card(monkeypatch: pytest.MonkeyPatch) -> None:
    environ = {f"ANTIPHON_{name}__ENGINE": "simulated" for name in ("ASR", "LLM", "TTS")}
    assert visit(monkeypatch, None, ANTIPHON_PROFILE="gpu", **environ) == []
