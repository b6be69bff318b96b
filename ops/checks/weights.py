"""The models that the tests load, brought as `ops/up` brings them.

Without them a first run on a bare machine would skip the tests that matter most, and pass.
"""

from __future__ import annotations

from dataclasses import replace

from antiphon.errors import AntiphonError, Unavailable
from ops.checks.outcome import Outcome, failed, passed, skipped
from ops.needed_models import of_profile, pull_missing
from ops.settings import Settings


def bring() -> Outcome:
    """Pull what the profile `cpu` runs with and the store has not; a run that broke off goes on.

    Skipped where nothing can be reached: the tests that need a model then are too, and name it.
    """
    try:
        settings = Settings.load()
        pull_missing(settings, of_profile(settings, "cpu"))
    except Unavailable as error:
        reason = f"models are missing and could not be fetched: {error.message}"
        return replace(skipped(reason), output=reason)
    except AntiphonError as error:
        return failed(error.message)
    return passed()
