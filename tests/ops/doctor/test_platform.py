from __future__ import annotations

import platform
import sys

import pytest

from ops.doctor.platform import unsupported


@pytest.fixture(autouse=True)
def supported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(platform, "python_implementation", lambda: "CPython")
    monkeypatch.setattr(sys, "version_info", (3, 11, 2, "final", 0))


def test_nothing_is_said_where_all_is_well() -> None:
    assert unsupported() == ""


@pytest.mark.parametrize(
    ("module", "name", "value", "said"),
    [
        (platform, "system", lambda: "Darwin", "this machine is Darwin x86_64"),
        (platform, "machine", lambda: "aarch64", "this machine is Linux aarch64"),
        (platform, "python_implementation", lambda: "PyPy", "this interpreter is PyPy 3.11.2"),
        (sys, "version_info", (3, 12, 1, "final", 0), "this interpreter is CPython 3.12.1"),
    ],
)
def test_what_is_unsupported_is_named(
    monkeypatch: pytest.MonkeyPatch, module: object, name: str, value: object, said: str
) -> None:
    monkeypatch.setattr(module, name, value)
    assert said in unsupported()
