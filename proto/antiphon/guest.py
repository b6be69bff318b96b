"""That a call is a guest's, told to an engine by who passes it on: the calls of conversations go first."""

from __future__ import annotations

from collections.abc import Iterable

GUEST_METADATA = "antiphon-guest"
AS_GUEST = ((GUEST_METADATA, "1"),)


def is_guest(metadata: Iterable[tuple[str, str | bytes]] | None) -> bool:
    """Return whether the metadata of a call say that it is a guest's."""
    return AS_GUEST[0] in (metadata or ())
