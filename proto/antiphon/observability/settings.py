"""The table [observability], the same for every process. Nothing is told to anybody by default."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from antiphon.settings import Table

LogFormat = Literal["text", "json"]


class ObservabilitySettings(Table):
    """[observability]: where this process is scraped, where its spans go, how it writes its log."""

    metrics_address: str = Field(
        "",
        description="HOST:PORT at which Prometheus scrapes `/metrics`; empty: nowhere. Each process listens "
        "there; under `antiphon up`, which runs them on one host, that is the gateway, and asr, llm and tts "
        "take the three ports that follow",
    )
    traces_endpoint: str = Field(
        "", description="http://HOST:PORT of an OTLP collector (gRPC, mostly 4317); empty: none"
    )
    log_format: LogFormat = Field("text", description="json: one object a line")

    @field_validator("metrics_address")
    @classmethod
    def _host_and_port(cls, address: str) -> str:
        if address:
            host_and_port(address)
        return address

    @field_validator("traces_endpoint")
    @classmethod
    def _url(cls, endpoint: str) -> str:
        parts = urlsplit(endpoint)
        if endpoint and (parts.scheme not in ("http", "https") or not parts.hostname):
            raise ValueError("neither empty nor http://HOST:PORT or https://HOST:PORT")
        return endpoint


def host_and_port(address: str) -> tuple[str, int]:
    """Return the two parts of "HOST:PORT" or "[::1]:PORT"; raise `ValueError` where it is neither."""
    host, _, port = address.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65_536:
        raise ValueError("neither empty nor HOST:PORT, such as 127.0.0.1:9464")
    return host.removeprefix("[").removesuffix("]"), int(port)
