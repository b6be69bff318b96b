"""The table [webrtc] of the settings; imports neither aiortc nor libopus."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from antiphon.settings import Table

_ICE_URL = re.compile(r"(stun|turns?):[^\s?:]+(:\d+)?(\?transport=(udp|tcp))?")


def _known_schemes(urls: tuple[str, ...]) -> tuple[str, ...]:
    for url in urls:
        if not _ICE_URL.fullmatch(url):
            raise ValueError("an ICE server is stun:HOST:PORT, turn:HOST:PORT or turns:HOST:PORT")
    return urls


class IceServer(Table):
    """One STUN or TURN server, as in the W3C's RTCIceServer."""

    urls: Annotated[tuple[str, ...], Field(min_length=1), AfterValidator(_known_schemes)]
    username: str | None = None
    credential: SecretStr | None = None


def _from_text(value: Any) -> Any:
    """Read a list that stands in an environment variable, as JSON."""
    return json.loads(value) if isinstance(value, str) else value


class WebRtcSettings(Table):
    """[webrtc]: how callers' media reach the gateway."""

    # None by default: an appliance asks no host on the Internet what its address is.
    ice_servers: Annotated[tuple[IceServer, ...], BeforeValidator(_from_text)] = ()
    # The site's own relay, under names that expire: the gateway uses it, and tells it to browsers.
    turn_urls: Annotated[
        tuple[str, ...], BeforeValidator(_from_text), AfterValidator(_known_schemes)
    ] = Field((), description='such as ["turn:relay.example:3478?transport=udp"]')
    turn_secret_file: Path | None = Field(
        None, description="what coturn has as static-auth-secret, mode 0400"
    )
    # Speech up to 12 kHz with in-band FEC; under 24 kb/s libopus leaves the FEC or the band out.
    bitrate_bps: int = Field(32_000, ge=12_000, le=128_000)
    # How much of each packet goes into the copy of the one before: at 10, the copy of a lost frame is
    # within 10 dB of what was sent, at 5 there is none below 32 kb/s.
    expected_loss_percent: int = Field(10, ge=0, le=50)
    # ICE's own check takes 30 s. A phone that changes cells may need seconds.
    lost_after_s: float = Field(10.0, ge=2, le=60, allow_inf_nan=False)
