"""The table [engines] of the settings, the same for every engine."""

from __future__ import annotations

from pydantic import Field

from antiphon.settings import Table


class EngineSettings(Table):
    """When an engine is taken for hung."""

    # A prompt that fills the context takes two cores 8 s. The longest speech takes 3, but is heard with a
    # tenth of a core where others want it, so that it may take minutes.
    hung_s: float = Field(
        600.0,
        ge=5,
        le=3600,
        allow_inf_nan=False,
        description="an engine that works on one piece for so long ends its process, to be started again",
    )
