from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from antiphon.errors import NotFound, NotPermitted, Unavailable
from models.catalogue import File, HubSource
from models.download import Downloader
from models.sources.hub import Hub
from tests.models.shelf import Notes, sha256
from tests.models.web import Site, browsing, serving

COMMIT = "c" * 40
DATA = b"weights" * 10
BRANCH = HubSource(kind="hub", repository="someone/small")
PINNED = HubSource(kind="hub", repository="someone/small", revision=COMMIT)
FILES = [
    File(path="model.bin", sha256=sha256(DATA), size_bytes=len(DATA)),
    File(path="a/config.json", origin="config.json"),
]


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as site:
        site.files = {
            f"/someone/small/resolve/{revision}/{name}": data
            for revision in ("main", COMMIT)
            for name, data in (("model.bin", DATA), ("config.json", b"{}"))
        }
        yield site


@pytest.fixture
def downloader(tmp_path: Path) -> Iterator[Downloader]:
    with browsing() as client:
        yield Downloader(tmp_path / "parts", client, Notes(), sleep=lambda _: None)


@pytest.fixture
def into(tmp_path: Path) -> Path:
    folder = tmp_path / "into"
    folder.mkdir()
    return folder


def paths(site: Site) -> list[str]:
    return [path for _, path, _ in site.asked]


def test_files_of_a_commit_arrive(site: Site, downloader: Downloader, into: Path) -> None:
    assert Hub(site.url, "", downloader).fetch(PINNED, FILES, into) == COMMIT
    assert (into / "model.bin").read_bytes() == DATA
    assert (into / "a/config.json").read_bytes() == b"{}"
    assert not any(method == "HEAD" for method, _, _ in site.asked)
    assert list(downloader.parts.iterdir()) == []


def test_a_branch_is_resolved_to_a_commit_first(
    site: Site, downloader: Downloader, into: Path
) -> None:
    site.headers = {"X-Repo-Commit": COMMIT}
    assert Hub(site.url, "", downloader).fetch(BRANCH, FILES, into) == COMMIT
    assert paths(site) == [
        "/someone/small/resolve/main/model.bin",
        f"/someone/small/resolve/{COMMIT}/model.bin",
        f"/someone/small/resolve/{COMMIT}/config.json",
    ]


def test_the_commit_of_the_first_pull_is_kept(
    site: Site, downloader: Downloader, into: Path
) -> None:
    site.headers = {"X-Repo-Commit": "d" * 40}
    assert Hub(site.url, "", downloader).fetch(BRANCH, FILES, into, COMMIT) == COMMIT


def test_a_mirror_may_not_know_commits(site: Site, downloader: Downloader, into: Path) -> None:
    assert Hub(site.url + "/", "", downloader).fetch(BRANCH, FILES, into) == "main"
    assert (into / "model.bin").read_bytes() == DATA


def test_a_renamed_repository_is_followed(site: Site, downloader: Downloader, into: Path) -> None:
    site.redirects = {
        "/someone/small/resolve/main/model.bin": "/other/small/resolve/main/model.bin"
    }
    site.files["/other/small/resolve/main/model.bin"] = DATA
    assert Hub(site.url, "", downloader).fetch(BRANCH, FILES[:1], into) == "main"
    assert paths(site)[:2] == [
        "/someone/small/resolve/main/model.bin",
        "/other/small/resolve/main/model.bin",
    ]


def test_redirects_without_end_are_not_followed(
    site: Site, downloader: Downloader, into: Path
) -> None:
    path = "/someone/small/resolve/main/model.bin"
    site.redirects = {path: path}
    hub = Hub(site.url, "", downloader)
    assert hub._commit(BRANCH, FILES[0]) == "main"
    assert len(site.asked) == 3


def test_the_token_is_sent_to_the_hub_alone(site: Site, downloader: Downloader, into: Path) -> None:
    with serving(files={"/blob": DATA}) as storage:
        site.redirects = {f"/someone/small/resolve/{COMMIT}/model.bin": f"{storage.url}/blob"}
        Hub(site.url.replace("127.0.0.1", "localhost"), "hf_token", downloader).fetch(
            PINNED, FILES[:1], into
        )
        assert site.asked[0][2]["authorization"] == "Bearer hf_token"
        assert "authorization" not in storage.asked[0][2]


@pytest.mark.parametrize("source", [PINNED, BRANCH])
@pytest.mark.parametrize(
    ("token", "told"),
    [("", "accept its licence there, and set HF_TOKEN"), ("hf_old", "refuses the token in HF_TO")],
)
def test_a_gated_repository_says_what_to_do(
    site: Site, downloader: Downloader, into: Path, source: HubSource, token: str, told: str
) -> None:
    site.statuses = [401]
    with pytest.raises(NotPermitted, match=told) as caught:
        Hub(site.url, token, downloader).fetch(source, FILES, into)
    assert f"{site.url}/someone/small " in caught.value.message
    assert "hf_old" not in caught.value.message


def test_a_file_that_is_not_there_is_named(site: Site, downloader: Downloader, into: Path) -> None:
    with pytest.raises(NotFound, match="someone/small/none is not at http"):
        Hub(site.url, "", downloader).fetch(PINNED, [File(path="none")], into)


@pytest.mark.parametrize("source", [PINNED, BRANCH])
def test_a_site_without_a_hub_is_told_what_else_there_is(
    downloader: Downloader, into: Path, source: HubSource
) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route")

    with (
        httpx.Client(transport=httpx.MockTransport(refuse)) as downloader.client,
        pytest.raises(Unavailable, match=r"--from FOLDER, or set .models. hub_url"),
    ):
        Hub("https://hub.example", "", downloader).fetch(source, FILES, into)
