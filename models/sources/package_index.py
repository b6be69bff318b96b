"""Finds a wheel by its file name in simple indexes (PEP 503, PEP 691), folders and pages of links."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from pathlib import Path

import httpx

from antiphon.errors import NotFound, Unavailable
from models.catalogue import Wheel
from models.sources.pip_settings import PipSettings

JSON_TYPE = "application/vnd.pypi.simple.v1+json"
ACCEPT = f"{JSON_TYPE}, text/html;q=0.5"


class PackageIndex:
    """The places that pip is set up with; the catalogue's hash decides what is right."""

    def __init__(self, settings: PipSettings, client: httpx.Client) -> None:
        self._settings = settings
        self._client = client

    def find(self, wheel: Wheel) -> httpx.URL:
        """Return the address of `wheel`; raise `NotFound` or `Unavailable` with the places asked."""
        troubles: list[str] = []
        for page in self._pages(wheel):
            try:
                links = list(self._links(page))
            except (httpx.HTTPError, OSError, ValueError, LookupError, TypeError) as error:
                troubles.append(f"{_shown(page)} ({type(error).__name__})")
                continue
            for link in links:
                if link.path.rsplit("/", 1)[-1] == wheel.file:
                    return link
        if troubles:
            raise Unavailable(
                f"no package index offers {wheel.file}; not reachable: {', '.join(troubles)}"
            )
        asked = ", ".join(_shown(page) for page in self._pages(wheel)) or "none is set up"
        raise NotFound(f"no package index offers {wheel.file}; asked: {asked}")

    def _pages(self, wheel: Wheel) -> Iterator[httpx.URL]:
        project = re.sub(r"[-_.]+", "-", wheel.package).lower()
        for place in self._settings.find_links:
            yield _address(place)
        for index in self._settings.indexes:
            yield _address(f"{index.rstrip('/')}/{project}/")

    def _links(self, page: httpx.URL) -> Iterable[httpx.URL]:
        if page.scheme == "file":
            return _links_of_folder(Path(page.path))
        response = self._client.get(page, headers={"Accept": ACCEPT})
        if response.status_code == httpx.codes.NOT_FOUND:
            return []
        response.raise_for_status()
        is_json = response.headers.get("Content-Type", "").startswith(JSON_TYPE)
        hrefs = _from_json(response.text) if is_json else _from_html(response.text)
        return [_with_login(response.url.join(href), page) for href in hrefs]


def _links_of_folder(path: Path) -> list[httpx.URL]:
    if path.is_dir() and (path / "index.html").is_file():
        path = path / "index.html"
    if path.is_file():
        here = httpx.URL(path.absolute().as_uri())
        return [here.join(href) for href in _from_html(path.read_text("utf-8"))]
    return [httpx.URL(found.absolute().as_uri()) for found in path.glob("*.whl")]


def _address(place: str) -> httpx.URL:
    return httpx.URL(place if "://" in place else Path(place).expanduser().absolute().as_uri())


def _with_login(link: httpx.URL, page: httpx.URL) -> httpx.URL:
    """Carry the index's own login to files on the same host, as pip does: their links do not name it."""
    if page.userinfo and not link.userinfo and link.host == page.host:
        return link.copy_with(userinfo=page.userinfo)
    return link


def _shown(page: httpx.URL) -> str:
    return str(page.copy_with(userinfo=b"")) if page.userinfo else str(page)


def _from_json(text: str) -> list[str]:
    return [str(file["url"]) for file in json.loads(text)["files"]]


def _from_html(text: str) -> list[str]:
    parser = _Anchors()
    parser.feed(text)
    return parser.hrefs


class _Anchors(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.hrefs: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.hrefs += [value for name, value in attrs if tag == "a" and name == "href" and value]
