"""Fetches files of a model hub's repository, at one commit, over the hub's plain file addresses.

`URL/REPOSITORY/resolve/REVISION/PATH` is all that is used of a hub, so any mirror serves that has these.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import httpx

from antiphon.errors import NotPermitted, Unavailable
from models.catalogue import File, HubSource
from models.download import Download, Downloader

COMMIT = re.compile(r"[0-9a-f]{40}")
COMMIT_HEADER = "X-Repo-Commit"
# A renamed repository answers with one redirect, and nobody renames without end.
MAX_REDIRECTS = 3
WITHOUT_A_HUB = "without a hub, pull with --from FOLDER, or set [models] hub_url to a mirror"


class Hub:
    """A hub at `url`; `token` opens gated repositories, and is sent to that host alone."""

    def __init__(self, url: str, token: str, downloader: Downloader) -> None:
        self._url = httpx.URL(url.rstrip("/") + "/")
        self._token = token
        self._downloader = downloader

    def fetch(
        self, source: HubSource, files: Sequence[File], into: Path, revision: str = ""
    ) -> str:
        """Put `files` into the folder `into`; return the commit that they are of.

        Raises `NotPermitted` where the repository is gated and the token is missing or does not open it.
        """
        commit = revision or self._commit(source, files[0])
        for file in files:
            part = self._fetch(source, file, commit)
            target = into / file.path
            target.parent.mkdir(parents=True, exist_ok=True)
            part.replace(target)
        return commit

    def _fetch(self, source: HubSource, file: File, commit: str) -> Path:
        label = f"{source.repository}/{file.at_source}"
        wanted = Download(
            self._address(source, file, commit),
            label,
            file.sha256,
            file.size_bytes,
            self._headers(),
            immutable=bool(COMMIT.fullmatch(commit)),
        )
        try:
            return self._downloader.fetch(wanted)
        except NotPermitted as error:
            raise NotPermitted(self._refused(source)) from error
        except Unavailable as error:
            raise Unavailable(f"{error.message}; {WITHOUT_A_HUB}") from error

    def _commit(self, source: HubSource, file: File) -> str:
        """Resolve a branch or tag to its commit: all files are of one, and a later pull gets the same."""
        if COMMIT.fullmatch(source.revision):
            return source.revision
        url = self._address(source, file, source.revision)
        for _ in range(MAX_REDIRECTS):
            response = self._head(url)
            if response.status_code in (401, 403):
                raise NotPermitted(self._refused(source))
            if commit := response.headers.get(COMMIT_HEADER):
                return str(commit)
            if response.next_request is None or response.next_request.url.host != self._url.host:
                break
            url = response.next_request.url
        # A mirror may not say; then the name of the revision has to do.
        return source.revision

    def _head(self, url: httpx.URL) -> httpx.Response:
        try:
            return self._downloader.client.head(
                url, headers=self._headers(), follow_redirects=False
            )
        except httpx.TransportError as error:
            raise Unavailable(
                f"the model hub {self._url.host} does not answer ({type(error).__name__}); {WITHOUT_A_HUB}"
            ) from error

    def _address(self, source: HubSource, file: File, revision: str) -> httpx.URL:
        return self._url.join(f"{source.repository}/resolve/{revision}/{file.at_source}")

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"} if self._token else {}

    def _refused(self, source: HubSource) -> str:
        page = self._url.join(source.repository)
        if not self._token:
            return f"{page} is not open to all: accept its licence there, and set HF_TOKEN to your token"
        return (
            f"{page} refuses the token in HF_TOKEN: accept its licence there as that token's owner"
        )
