from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from antiphon.errors import (
    AntiphonError,
    Exhausted,
    Misconfigured,
    NotFound,
    NotPermitted,
    Unavailable,
)
from models.download import ATTEMPTS, FIRST_WAIT_S, Download, Downloader
from tests.models.shelf import Notes, sha256
from tests.models.web import Site, browsing, serving

DATA = bytes(range(256)) * 40


@pytest.fixture
def site() -> Iterator[Site]:
    with serving(files={"/model.bin": DATA}) as site:
        yield site


class Bench:
    """A downloader, what it told, and how long it would have slept."""

    def __init__(self, parts: Path, client: httpx.Client) -> None:
        self.notes = Notes()
        self.slept: list[float] = []
        self.downloader = Downloader(parts, client, self.notes, sleep=self.slept.append)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with browsing() as client:
        yield Bench(tmp_path / "parts", client)


def wanted(site: Site, data: bytes = DATA, path: str = "/model.bin") -> Download:
    return Download(httpx.URL(site.url + path), "model.bin", sha256(data), len(data))


def test_a_file_arrives_verified_and_tells_how_far_it_is(site: Site, bench: Bench) -> None:
    assert bench.downloader.fetch(wanted(site)).read_bytes() == DATA
    assert bench.notes.started == [("model.bin", len(DATA), 0)]
    assert bench.notes.advanced_bytes == len(DATA)
    assert bench.notes.notes == []


def test_a_broken_connection_is_taken_up_where_it_broke(site: Site, bench: Bench) -> None:
    site.breaks = [1000, 500]
    assert bench.downloader.fetch(wanted(site)).read_bytes() == DATA
    assert [site.range_of(number) for number in range(3)] == [None, "bytes=1000-", "bytes=1500-"]
    assert bench.notes.started[2] == ("model.bin", len(DATA), 1500)


def test_a_later_pull_goes_on_from_what_an_earlier_one_left(site: Site, bench: Bench) -> None:
    bench.downloader.parts.mkdir()
    (bench.downloader.parts / f"{sha256(DATA)}.part").write_bytes(DATA[:3000])
    assert bench.downloader.fetch(wanted(site)).read_bytes() == DATA
    assert site.range_of(0) == "bytes=3000-"


def test_what_is_whole_already_is_not_asked_for(site: Site, bench: Bench) -> None:
    bench.downloader.fetch(wanted(site))
    bench.downloader.fetch(wanted(site))
    assert len(site.asked) == 1


def test_a_source_without_ranges_sends_it_all_again(site: Site, bench: Bench) -> None:
    site.breaks, site.ranges = [1000], False
    assert bench.downloader.fetch(wanted(site)).read_bytes() == DATA
    assert site.range_of(1) == "bytes=1000-"


def test_a_range_that_starts_elsewhere_overwrites_from_there(bench: Bench) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        headers = {"Content-Range": f"bytes 100-{len(DATA) - 1}/{len(DATA)}"}
        return httpx.Response(206, headers=headers, stream=httpx.ByteStream(DATA[100:]))

    bench.downloader.parts.mkdir()
    (bench.downloader.parts / f"{sha256(DATA)}.part").write_bytes(DATA[:3000])
    mirrored = Download(httpx.URL("http://mirror/"), "model.bin", sha256(DATA), len(DATA))
    with httpx.Client(transport=httpx.MockTransport(answer)) as bench.downloader.client:
        assert bench.downloader.fetch(mirrored).read_bytes() == DATA


def test_a_corrupt_partial_file_is_named_and_fetched_again(site: Site, bench: Bench) -> None:
    bench.downloader.parts.mkdir()
    (bench.downloader.parts / f"{sha256(DATA)}.part").write_bytes(b"?" * 3000)
    assert bench.downloader.fetch(wanted(site)).read_bytes() == DATA
    assert site.range_of(1) is None
    assert bench.notes.notes[0].startswith("model.bin from 127.0.0.1 is corrupt: its SHA-256 is ")


def test_a_source_that_serves_other_bytes_is_refused_and_leaves_nothing(
    site: Site, bench: Bench
) -> None:
    site.files["/model.bin"] = b"!" * len(DATA)
    with pytest.raises(Misconfigured, match="2 times: what is served there is not what the cat"):
        bench.downloader.fetch(wanted(site))
    assert list(bench.downloader.parts.iterdir()) == []


def test_a_busy_source_is_asked_again_after_longer_and_longer(site: Site, bench: Bench) -> None:
    site.statuses = [503, 429]
    assert bench.downloader.fetch(wanted(site)).read_bytes() == DATA
    assert bench.slept == [FIRST_WAIT_S, 2 * FIRST_WAIT_S]
    assert "answered 503 at 0 bytes" in bench.notes.notes[0]


def test_a_dead_source_is_given_up_and_keeps_what_arrived(site: Site, bench: Bench) -> None:
    site.breaks = [1000]
    with pytest.raises(Unavailable, match=f"failed {ATTEMPTS} times"):
        bench.downloader.fetch(_of_a_site_that_dies(site, bench))
    (part,) = bench.downloader.parts.iterdir()
    assert part.read_bytes() == DATA[:1000]


def _of_a_site_that_dies(site: Site, bench: Bench) -> Download:
    """After the first connection that broke, the site only fails."""

    def die(_seconds: float) -> None:
        site.statuses = [503]

    bench.downloader._sleep = die
    return wanted(site)


def test_progress_however_slow_is_not_given_up(site: Site, bench: Bench) -> None:
    site.breaks = [100] * (3 * ATTEMPTS)
    assert bench.downloader.fetch(wanted(site)).read_bytes() == DATA


@pytest.mark.parametrize(
    ("status", "error", "told"),
    [
        (401, NotPermitted, "refuses access"),
        (403, NotPermitted, "refuses access"),
        (404, NotFound, "is not at http://127.0.0.1"),
        (410, AntiphonError, "answered 410"),
    ],
)
def test_a_refusal_is_final(
    site: Site, bench: Bench, status: int, error: type[AntiphonError], told: str
) -> None:
    site.statuses = [status]
    with pytest.raises(error, match=told):
        bench.downloader.fetch(wanted(site))
    assert len(site.asked) == 1


def test_a_message_holds_no_password(site: Site, bench: Bench) -> None:
    url = httpx.URL(site.url.replace("//", "//me:secret@") + "/none?key=secret")
    with pytest.raises(NotFound) as caught:
        bench.downloader.fetch(Download(url, "model.bin"))
    assert "secret" not in caught.value.message


def test_an_unpinned_file_is_taken_as_it_comes(site: Site, bench: Bench) -> None:
    loose = Download(httpx.URL(site.url + "/model.bin"), "model.bin")
    assert bench.downloader.fetch(loose).read_bytes() == DATA
    # Whole already: the source says that nothing follows.
    assert bench.downloader.fetch(loose).read_bytes() == DATA
    assert site.range_of(1) == f"bytes={len(DATA)}-"


def test_an_unpinned_file_at_a_moving_address_does_not_go_on_from_old_bytes(
    site: Site, bench: Bench
) -> None:
    moving = Download(httpx.URL(site.url + "/model.bin"), "model.bin", immutable=False)
    bench.downloader.parts.mkdir()
    (bench.downloader.parts / f"{moving.key}.part").write_bytes(b"old")
    assert bench.downloader.fetch(moving).read_bytes() == DATA


def test_a_file_url_is_copied(tmp_path: Path, bench: Bench) -> None:
    (tmp_path / "a wheel+1.whl").write_bytes(DATA)
    url = httpx.URL((tmp_path / "a wheel+1.whl").as_uri())
    assert bench.downloader.fetch(Download(url, "w", sha256(DATA))).read_bytes() == DATA
    assert bench.notes.advanced_bytes == len(DATA)


def test_a_full_disk_is_one_line_with_the_place_and_the_bytes(site: Site, bench: Bench) -> None:
    parts = bench.downloader.parts
    parts.mkdir()
    (parts / f"{sha256(DATA)}.part").symlink_to("/dev/full")
    with pytest.raises(Exhausted) as caught:
        bench.downloader.fetch(wanted(site))
    message = caught.value.message
    assert f"{len(DATA):,} bytes are needed at {parts}" in message
    assert "\n" not in message
