"""The certificate: made once, for its owner only, good for this host; or the one that is given."""

from __future__ import annotations

import datetime
import socket
import ssl
import stat
from pathlib import Path

import pytest
from cryptography import x509

from antiphon.errors import Misconfigured
from server.access import certificate as module
from server.access.certificate import Certificate, load_or_make
from server.settings import ServerSettings


def made(folder: Path) -> Certificate:
    return load_or_make(ServerSettings(tls_dir=folder / "tls"))


def _x509(certificate: Certificate) -> x509.Certificate:
    return x509.load_pem_x509_certificate(certificate.chain.read_bytes())


def test_it_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    first, second = made(tmp_path), made(tmp_path)
    assert first.fingerprint == second.fingerprint
    assert stat.S_IMODE(first.key.stat().st_mode) == 0o600
    assert stat.S_IMODE(first.key.parent.stat().st_mode) == 0o700
    assert list(first.key.parent.iterdir()) == [first.key]


def test_it_names_this_host_and_its_addresses(tmp_path: Path) -> None:
    found = _x509(made(tmp_path))
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert {"localhost", socket.gethostname()} <= set(names.get_values_for_type(x509.DNSName))
    addresses = [str(each) for each in names.get_values_for_type(x509.IPAddress)]
    assert "127.0.0.1" in addresses
    assert found.not_valid_after_utc - found.not_valid_before_utc < datetime.timedelta(days=826)


def test_its_fingerprint_is_what_browsers_show(tmp_path: Path) -> None:
    certificate = made(tmp_path)
    pairs = certificate.fingerprint.split(":")
    assert len(pairs) == 32
    assert all(len(pair) == 2 and pair == pair.upper() for pair in pairs)


def test_it_serves_tls_and_grpc(tmp_path: Path) -> None:
    certificate = made(tmp_path)
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate.chain, certificate.key)
    certificate.for_grpc()


def test_one_that_soon_expires_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = made(tmp_path).fingerprint
    today = datetime.datetime.now(datetime.UTC)
    monkeypatch.setattr(module, "_now", lambda: today + datetime.timedelta(days=790))
    assert made(tmp_path).fingerprint == first
    monkeypatch.setattr(module, "_now", lambda: today + datetime.timedelta(days=800))
    assert made(tmp_path).fingerprint != first


def test_one_that_is_given_is_taken(tmp_path: Path) -> None:
    own = made(tmp_path)
    settings = ServerSettings(tls_certificate=own.chain, tls_key=own.key, tls_dir=tmp_path / "none")
    assert load_or_make(settings) == own
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("given", ["tls_certificate", "tls_key"])
def test_half_of_a_pair_is_refused(tmp_path: Path, given: str) -> None:
    with pytest.raises(Misconfigured, match="together or not at all"):
        load_or_make(ServerSettings.model_validate({given: tmp_path / "x"}))


def test_what_does_not_fit_together_or_is_not_there_is_refused(tmp_path: Path) -> None:
    one, other = made(tmp_path / "one"), made(tmp_path / "other")
    key = tmp_path / "key.pem"
    key.write_bytes(other.key.read_bytes().partition(b"-----BEGIN CERT")[0])
    for chosen in (key, tmp_path / "none"):
        with pytest.raises(Misconfigured, match=str(one.chain)):
            load_or_make(ServerSettings(tls_certificate=one.chain, tls_key=chosen))


def test_a_made_one_that_was_spoilt_is_told_and_kept(tmp_path: Path) -> None:
    path = made(tmp_path).chain
    path.write_text("x")
    with pytest.raises(Misconfigured, match=r"self-signed\.pem"):
        made(tmp_path)
    assert path.read_text() == "x"


def test_a_folder_that_cannot_be_made_is_told() -> None:
    with pytest.raises(Misconfigured, match="cannot make the certificate /proc/none"):
        made(Path("/proc/none"))


def test_a_folder_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "tls").write_text("")
    with pytest.raises(Misconfigured, match="cannot use the certificate"):
        made(tmp_path)
