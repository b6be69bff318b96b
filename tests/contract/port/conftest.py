from __future__ import annotations

from tests.clients.conftest import served

__all__ = ["served"]
