"""The page's address, with the token that opens it once: asked of the gateway that runs."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from antiphon.errors import Unavailable
from server.access.certificate import Certificate, load_or_make
from server.access.installation_key import load as load_key
from server.access.reach import UNIX, stays_on_host
from server.http.page_keys import PAGE_TOKEN_PATH
from server.settings import ServerSettings

# It is on this host, and has nothing to think about.
ANSWER_S = 10.0
# An address to listen at, and one to call.
ANY = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}


def way_in(settings: ServerSettings) -> list[str]:
    """Return the lines that lead a person to the page; none where it is served at no port.

    Raises `Unavailable` where no gateway answers.
    """
    if settings.http.startswith(UNIX):
        return []
    lines = [f"page: {_address(settings)}"]
    shown = _certificate(settings)
    if shown is not None:
        lines.append(f"its certificate has SHA-256 {shown.fingerprint}")
    return lines


def _address(settings: ServerSettings) -> str:
    """Return an address that opens the page in a browser, once."""
    host, port = _place(settings)
    shown = socket.getfqdn() if host in ANY else host
    if ":" in shown:
        shown = f"[{shown}]"
    scheme = "http" if _certificate(settings) is None else "https"
    return f"{scheme}://{shown}:{port}/#token={_token(settings)}"


def _certificate(settings: ServerSettings) -> Certificate | None:
    return None if stays_on_host(settings.http) else load_or_make(settings)


def _token(settings: ServerSettings) -> str:
    headers = {"Authorization": f"Bearer {load_key(settings.key_file)}"}
    try:
        with _connected(settings) as connection:
            connection.request("POST", PAGE_TOKEN_PATH, headers=headers)
            response = connection.getresponse()
            answer = json.load(response)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unavailable(
            f"the page is not served at {settings.http} ({error}); see `antiphon status`"
        ) from None
    if response.status != http.HTTPStatus.OK:
        raise Unavailable(f"no address for the page: {answer['error']['message']}")
    return str(answer["token"])


@contextmanager
def _connected(settings: ServerSettings) -> Iterator[http.client.HTTPConnection]:
    host, port = _place(settings)
    shown = _certificate(settings)
    connection = (
        http.client.HTTPConnection(ANY.get(host, host), port, timeout=ANSWER_S)
        if shown is None
        else _pinned(ANY.get(host, host), port, shown.chain)
    )
    try:
        yield connection
    finally:
        connection.close()


def _pinned(host: str, port: int, chain: Path) -> http.client.HTTPSConnection:
    """Return a connection to whoever shows the very certificate in `chain`, whatever its names are."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    connection = http.client.HTTPSConnection(host, port, timeout=ANSWER_S, context=context)
    connection.connect()
    ours = x509.load_pem_x509_certificates(chain.read_bytes())[0].public_bytes(Encoding.DER)
    if connection.sock.getpeercert(binary_form=True) != ours:
        connection.close()
        raise OSError("another certificate is shown there than this installation's")
    return connection


def _place(settings: ServerSettings) -> tuple[str, int]:
    host, _, port = settings.http.rpartition(":")
    return host.strip("[]"), int(port)
