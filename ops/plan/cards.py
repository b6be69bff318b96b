"""The cards that are known by name: `cards.toml` as typed values."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from antiphon.errors import InvalidInput

FILE = Path(__file__).with_name("cards.toml")
# So much of what nvidia-smi shows CUDA does not see, at the most: 438 MiB of an H100, 475 of an L4, 695 of
# an L40S, 871 of an A100 of 80 GB.
DRIVER_MIB = 880
MOST_MIB = 1024 * 1024


class Known(BaseModel):
    """One kind of card; `memory_mib` as nvidia-smi shows it, and `shown` where it has a longer name there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(min_length=1)]
    shown: str = ""
    memory_mib: Annotated[int, Field(gt=DRIVER_MIB)]
    cuda_gib: float | None = None
    capability: tuple[int, int] = (8, 0)
    source: str
    named: bool = True

    @property
    def usable_mib(self) -> int:
        """What CUDA says that there is, of which vLLM is given a share."""
        return self.memory_mib - DRIVER_MIB if self.cuda_gib is None else int(self.cuda_gib * 1024)


@cache
def known_cards() -> Mapping[str, Known]:
    """Return the cards by name."""
    table = tomllib.loads(FILE.read_text("utf-8"))
    return {card.name: card for card in (Known.model_validate(one) for one in table["cards"])}


def card_named(name: str) -> Known:
    """Return the card; raise `InvalidInput` with those there are."""
    plain = _plain(name)
    for card in known_cards().values():
        if plain in (_plain(card.name), _plain(card.shown or card.name)):
            return card
    names = ", ".join(known_cards())
    raise InvalidInput(
        f"there is no card {name!r} in {FILE.name}; there are: {names}. Any other: --memory-gib N"
    )


def card_of(memory_gib: float) -> Known:
    """Return a card of so much memory, as nvidia-smi shows it; raise `InvalidInput` where that is none."""
    if not DRIVER_MIB < memory_gib * 1024 <= MOST_MIB:  # a NaN is not, either
        raise InvalidInput(
            f"--memory-gib {memory_gib:g} is outside 1 to {MOST_MIB // 1024}: give what nvidia-smi shows"
        )
    return Known(
        name=f"{memory_gib:g} GiB",
        memory_mib=int(memory_gib * 1024),
        source="--memory-gib",
        named=False,
    )


def _plain(name: str) -> str:
    """Return the name without what people leave out: case, blanks, the maker; "A100" means the smaller."""
    plain = "".join(char for char in name.casefold() if char.isalnum())
    plain = plain.removeprefix("nvidia").removesuffix("gb")
    return "a10040" if plain == "a100" else plain
