from __future__ import annotations

import pytest

from antiphon.errors import AntiphonError, InvalidInput
from antiphon.failures import understand


def test_our_own_error_is_found_inside_groups() -> None:
    error = InvalidInput("wrong")
    group = ExceptionGroup("", [ExceptionGroup("", [error])])
    assert understand(group, "x") is error


def test_an_unforeseen_error_keeps_its_text_to_itself(caplog: pytest.LogCaptureFixture) -> None:
    try:
        raise ValueError("the caller said tangerine")
    except ValueError as error:
        shown = understand(error, "a call")
    assert type(shown) is AntiphonError
    assert "ValueError" in shown.message
    assert "ValueError" in caplog.text
    assert "test_failures.py" in caplog.text
    assert "tangerine" not in shown.message + caplog.text
