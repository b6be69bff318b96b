"""What holds for every test."""

from __future__ import annotations

from hypothesis import settings

# A deadline asserts a timing, and the machine is shared.
settings.register_profile("antiphon", deadline=None)
settings.load_profile("antiphon")
