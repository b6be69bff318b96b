"""What an engine can do, asked where a wish is to be dropped rather than refused."""

from __future__ import annotations

from typing import Any

from server.engines.inquiry import info


async def has(stub: Any, service: str, capability: str) -> bool:
    """Return whether the engine behind `stub` has `capability`; raise an `AntiphonError`."""
    return capability in (await info(stub, service)).capabilities
