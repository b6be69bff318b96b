"""`antiphon page`: a new address for the page, since each opens it only once."""

from __future__ import annotations

from antiphon.errors import Unavailable
from antiphon.settings import load
from ops.page import way_in
from server.settings import ServerSettings


def page_command() -> None:
    """Print an address that opens the page in one browser; it is good for a day."""
    settings = load("server", ServerSettings)
    lines = way_in(settings)
    if not lines:
        raise Unavailable(f"the page is served at {settings.http}, which no browser opens")
    print("\n".join(lines))
