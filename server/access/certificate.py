"""The certificate that callers from other machines see: the site's own, or one made at first start."""

from __future__ import annotations

import datetime
import os
import secrets
import socket
import ssl
import tempfile
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

import grpc
import psutil
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from antiphon.errors import Misconfigured
from server.settings import ServerSettings

MADE_FILE = "self-signed.pem"
# The longest that Apple's clients accept.
LIFETIME = datetime.timedelta(days=825)
# A certificate that expires before the next maintenance is made anew at a start.
RENEWED_BEFORE = datetime.timedelta(days=30)
# A clock that is a little behind.
BACKDATED = datetime.timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Certificate:
    """PEM files; for a self-signed one they are the same file."""

    chain: Path
    key: Path

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of the certificate as browsers show it: `AB:CD:…`."""
        digest = x509.load_pem_x509_certificates(self.chain.read_bytes())[0].fingerprint(
            hashes.SHA256()
        )
        return digest.hex(":").upper()

    def for_grpc(self) -> grpc.ServerCredentials:
        """Return what a gRPC server needs of it."""
        pair = (self.key.read_bytes(), self.chain.read_bytes())
        return grpc.ssl_server_credentials([pair])


def load_or_make(settings: ServerSettings) -> Certificate:
    """Return the certificate that `settings` name, else the installation's own, made now if need be.

    Raises `Misconfigured` where it cannot be used.
    """
    if settings.tls_certificate is not None or settings.tls_key is not None:
        return _given(settings.tls_certificate, settings.tls_key)
    path = settings.tls_dir / MADE_FILE
    if not _serves_on(path):
        _make(path)
    return _checked(Certificate(path, path))


def _given(chain: Path | None, key: Path | None) -> Certificate:
    if chain is None or key is None:
        raise Misconfigured("[server] tls_certificate and tls_key are given together or not at all")
    return _checked(Certificate(chain, key))


def _checked(certificate: Certificate) -> Certificate:
    try:
        # As the servers will; without a password, lest a start waits at a terminal for one.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.chain, certificate.key, password=lambda: "")
    except (OSError, ValueError) as error:
        raise Misconfigured(
            f"cannot use the certificate {certificate.chain} with the key {certificate.key}: "
            f"{getattr(error, 'strerror', None) or error}"
        ) from None
    return certificate


def _serves_on(path: Path) -> bool:
    try:
        found = x509.load_pem_x509_certificates(path.read_bytes())[0]
    except FileNotFoundError:
        return False
    except (OSError, ValueError):
        return True  # what is wrong with it is told where it is checked
    return found.not_valid_after_utc > _now() + RENEWED_BEFORE


def _make(path: Path) -> None:
    """Write key and certificate to `path`, which others see whole or not at all."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Made with mode 0600.
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as draft:
            draft.write(_pem())
        os.replace(draft.name, path)
    except OSError as error:
        raise Misconfigured(f"cannot make the certificate {path}: {error.strerror}") from None


def _pem() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, socket.gethostname()[:64])])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(secrets.randbits(159))
        .not_valid_before(_now() - BACKDATED)
        .not_valid_after(_now() + LIFETIME)
        .add_extension(x509.SubjectAlternativeName(_names()), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return private + certificate.public_bytes(serialization.Encoding.PEM)


def _names() -> list[x509.GeneralName]:
    """Return every name and address under which this host may be called."""
    hosts = dict.fromkeys(["localhost", socket.gethostname(), socket.getfqdn()])
    found = {
        address.address.partition("%")[0]
        for addresses in psutil.net_if_addrs().values()
        for address in addresses
        if address.family in (socket.AF_INET, socket.AF_INET6)
    }
    return [
        *(x509.DNSName(host) for host in hosts if host.isascii()),
        *(x509.IPAddress(ip_address(address)) for address in sorted(found)),
    ]


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
