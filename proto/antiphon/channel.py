"""Client side of gRPC: one way to open a channel."""

from __future__ import annotations

import grpc

from antiphon.serving import MAX_MESSAGE_BYTES

CHANNEL_OPTIONS = (
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    # A restarted engine must be found again within a moment: gRPC's default backs off to 120 s.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
    # A name is looked up twice a minute at most by default, and an engine whose container was replaced has
    # another address: away for 5 s, it was found again 23 s after it was back; with this, after 4.
    ("grpc.dns_min_time_between_resolutions_ms", 1000),
    # A unix socket must not be looked for behind the site's HTTP proxy.
    ("grpc.enable_http_proxy", 0),
)


def connect(address: str) -> grpc.aio.Channel:
    """Return a channel to `unix:PATH` or `HOST:PORT`; it connects when it is first used."""
    return grpc.aio.insecure_channel(address, options=CHANNEL_OPTIONS)
