"""Fetches one URL to a file that is resumable until it is whole, and verified before anyone sees it."""

from __future__ import annotations

import hashlib
import re
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from antiphon.errors import AntiphonError, Misconfigured, NotFound, NotPermitted, Unavailable
from models import disk
from models.pins import fault
from models.progress import Progress

# Attempts in a row that bring nothing; each goes on where the last one broke.
ATTEMPTS = 5
FIRST_WAIT_S = 1.0
# Once more from the first byte: a stale partial file hashes wrongly; twice wrong is what the source serves.
WHOLE_ATTEMPTS = 2
TIMEOUT = httpx.Timeout(60.0, connect=20.0)
TRANSIENT = frozenset({408, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Download:
    """One thing to fetch; what is not pinned (None) is taken as it comes."""

    url: httpx.URL
    label: str
    sha256: str | None = None
    size_bytes: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    immutable: bool = True
    """Whether the address will give the same bytes tomorrow; without that or a hash, nothing old goes on."""

    @property
    def key(self) -> str:
        """Name of its partial file: the content's hash, else the address's."""
        return self.sha256 or hashlib.sha256(str(self.url).encode()).hexdigest()

    @property
    def place(self) -> str:
        """Where it comes from, for people: no password, no query."""
        return self.url.host or self.url.path


class Downloader:
    """Fetches into the folder `parts`, over one client that knows the site's certificates and proxy."""

    def __init__(
        self,
        parts: Path,
        client: httpx.Client,
        progress: Progress,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.parts = parts
        self.client = client
        self.progress = progress
        self._sleep = sleep

    def fetch(self, wanted: Download) -> Path:
        """Return the verified file, which the caller moves away or deletes.

        Raises `Unavailable` (the source does not answer), `NotFound`, `NotPermitted`, `Exhausted` (disk full;
        the partial file stays, and the next call goes on from it) and `Misconfigured` (it hashes wrongly).
        """
        self.parts.mkdir(parents=True, exist_ok=True)
        part = self.parts / f"{wanted.key}.part"
        if wanted.sha256 is None and not wanted.immutable:
            part.unlink(missing_ok=True)
        for _ in range(WHOLE_ATTEMPTS):
            self._complete(wanted, part)
            found = fault(part, wanted.sha256, wanted.size_bytes)
            if found is None:
                return part
            self.progress.note(f"{wanted.label} from {wanted.place} {found}")
            part.unlink(missing_ok=True)
        raise Misconfigured(
            f"{wanted.label} from {wanted.place} {found}, {WHOLE_ATTEMPTS} times: "
            "what is served there is not what the catalogue pins",
            reason="MODEL_CORRUPT",
        )

    def _complete(self, wanted: Download, part: Path) -> None:
        """Receive until the source says that this is all, over as many connections as it takes."""
        failures = 0
        while True:
            before = _size(part)
            try:
                with disk.guarded(self.parts, (wanted.size_bytes or 0) - before, wanted.label):
                    return self._receive(wanted, part)
            except (httpx.RequestError, _Transient) as error:
                cause = str(error) or type(error).__name__
            arrived = _size(part)
            # A poor line that brings a little each time gets there; one that brings nothing is given up.
            failures = 1 if arrived > before else failures + 1
            self.progress.note(f"{wanted.label} from {wanted.place}: {cause} at {arrived:,} bytes")
            if failures == ATTEMPTS:
                raise Unavailable(
                    f"{wanted.label}: {wanted.place} failed {ATTEMPTS} times ({cause}); "
                    "what has arrived is kept, and pulling again goes on from there"
                )
            self._sleep(FIRST_WAIT_S * 2 ** (failures - 1))

    def _receive(self, wanted: Download, part: Path) -> None:
        done = _size(part)
        if wanted.size_bytes is not None and done >= wanted.size_bytes:
            return
        if wanted.url.scheme == "file":
            return self._copy(wanted, part)
        headers = {"Accept-Encoding": "identity", **wanted.headers}
        if done:
            headers["Range"] = f"bytes={done}-"
        with self.client.stream("GET", wanted.url, headers=headers, timeout=TIMEOUT) as response:
            if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
                # The source says that no byte follows: whole, or of another file; the hash tells.
                return
            check(response, wanted)
            self._write(wanted, part, response, _resumed_at(response))

    def _write(self, wanted: Download, part: Path, response: httpx.Response, done: int) -> None:
        length = response.headers.get("Content-Length")
        self.progress.start(wanted.label, done + int(length) if length else wanted.size_bytes, done)
        with part.open("r+b" if done else "wb") as file:
            if done:
                file.truncate(file.seek(done))
            # As it comes: a chunk size would hold back up to that many bytes, and a break would lose them.
            for chunk in response.iter_raw():
                file.write(chunk)
                self.progress.advance(len(chunk))

    def _copy(self, wanted: Download, part: Path) -> None:
        source = Path(wanted.url.path)
        self.progress.start(wanted.label, source.stat().st_size)
        shutil.copyfile(source, part)
        self.progress.advance(source.stat().st_size)


class _Transient(Exception):
    """An answer that says to try again."""


def check(response: httpx.Response, wanted: Download) -> None:
    """Raise what an answer other than success means."""
    status = response.status_code
    if status in TRANSIENT:
        raise _Transient(f"answered {status}")
    if status in (401, 403):
        raise NotPermitted(
            f"{wanted.label}: {wanted.place} refuses access ({status}); "
            "give it credentials that may read this"
        )
    if status == httpx.codes.NOT_FOUND:
        raise NotFound(f"{wanted.label} is not at {wanted.url.copy_with(userinfo=b'', query=None)}")
    if not response.is_success:
        raise AntiphonError(f"{wanted.label}: {wanted.place} answered {status}")


def _resumed_at(response: httpx.Response) -> int:
    """Return the offset that an answer starts at: a source may ignore the range and send all."""
    found = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    return int(found[1]) if response.status_code == httpx.codes.PARTIAL_CONTENT and found else 0


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
