"""Whether the service in this container serves: `python -m antiphon.probe ADDRESS`, exit status 0 or 1.

ADDRESS is `HOST:PORT` or `unix:PATH` of a gRPC service (gRPC Health Checking Protocol), or a URL that answers
200 while it serves. What is asked is this container's own, so that a certificate is not looked at.
"""

from __future__ import annotations

import ssl
import sys
from http.client import HTTPException
from typing import Any
from urllib.request import HTTPSHandler, ProxyHandler, build_opener

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

# A service that takes longer than this to say that it is well is not; Docker's own bound lies above it.
ANSWER_S = 2.0
USAGE = "usage: python -m antiphon.probe HOST:PORT|unix:PATH|http[s]://HOST:PORT/PATH"


def serves(address: str) -> bool:
    """Return whether the service at `address` answers within two seconds that it serves."""
    return _serves_http(address) if address.startswith("http") else _serves_grpc(address)


def _serves_grpc(address: str) -> bool:
    # Not behind the site's proxy: it is in this container.
    with grpc.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)]) as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        try:
            answer = stub.Check(health_pb2.HealthCheckRequest(), timeout=ANSWER_S)
        except grpc.RpcError:
            return False
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


def _serves_http(url: str) -> bool:
    trusting = ssl.create_default_context()
    trusting.check_hostname = False
    trusting.verify_mode = ssl.CERT_NONE
    opener = build_opener(ProxyHandler({}), HTTPSHandler(context=trusting))
    try:
        with opener.open(url, timeout=ANSWER_S) as answer:
            return bool(answer.status == 200)
    except (OSError, HTTPException):  # an answer such as 503 is a URLError, which is an OSError
        return False


def main(arguments: list[str]) -> int:
    """Return the exit status: 0 where it serves, 1 where it does not, 2 for a wrong command line."""
    if len(arguments) != 1:
        print(USAGE, file=sys.stderr)
        return 2
    return 0 if serves(arguments[0]) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
