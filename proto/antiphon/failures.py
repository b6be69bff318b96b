"""Any exception, at the boundary of a call or a turn, as an error that may be shown."""

from __future__ import annotations

import logging
import traceback

from antiphon.errors import AntiphonError

log = logging.getLogger(__name__)


def understand(error: BaseException, where: str) -> AntiphonError:
    """Return `error`, or the first of its group, as an `AntiphonError`.

    The text of an unforeseen exception may hold a caller's words, so only its type and place are logged.
    """
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, AntiphonError):
        return error
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    log.error("%s failed: %s%s", where, type(error).__name__, place)
    return AntiphonError(f"internal error ({type(error).__name__}); see the service's log")
