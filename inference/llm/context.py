"""The model's context holds the prompt together with its answer."""

from __future__ import annotations

from antiphon.errors import InvalidInput


def check_fits(tokens: int, holds: int, *, how: str = "") -> None:
    """Raise `InvalidInput` unless a prompt of `tokens` leaves room to answer in `holds`.

    `how` is what is known of the count: "at least", "about"; nothing where it is exact.
    """
    if tokens >= holds:
        raise InvalidInput(
            f"the prompt is {how}{' ' if how else ''}{tokens} tokens, the model holds {holds} together with "
            "its answer; shorten it",
            reason="PROMPT_TOO_LONG",
            context_tokens=str(holds),
        )
