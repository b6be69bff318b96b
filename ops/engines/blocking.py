"""How a command that does one thing calls a service: it blocks.

Not `grpc.aio`, which tells that a write failed instead of why the service had ended the call: a
recording sent as fast as it goes would hide every refusal.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import grpc

from antiphon.channel import CHANNEL_OPTIONS
from antiphon.status import from_rpc_error


@contextmanager
def connected(address: str, service: str) -> Iterator[grpc.Channel]:
    """Yield a channel to `service`; what fails in the block is raised as one of our errors."""
    with grpc.insecure_channel(address, options=CHANNEL_OPTIONS) as channel:
        try:
            yield channel
        except grpc.RpcError as error:
            raise from_rpc_error(cast(Any, error), service) from None
