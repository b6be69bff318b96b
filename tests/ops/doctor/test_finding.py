from __future__ import annotations

from ops.doctor.finding import Finding


def test_only_what_has_to_be_mended_is_amiss() -> None:
    assert not Finding("models", "joe is sound").amiss
    assert Finding("models", "joe is absent", "antiphon models pull joe").amiss
