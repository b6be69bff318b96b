"""The page's files: their types, their bounds, and what a browser may do with them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest
from starlette.exceptions import HTTPException

from server.http.page_files import PAGE, TYPES, PageFiles


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A built page, and a file beside it."""
    dist = tmp_path / "dist"
    (dist / "vad").mkdir(parents=True)
    (dist / "index.html").write_text("<!doctype html>")
    for suffix in TYPES:
        (dist / "vad" / f"file{suffix}").write_text("x")
    (dist / "odd.thing").write_text("x")
    (tmp_path / "secret.txt").write_text("secret")
    return dist


def get(folder: Path, path: str, method: str = "GET", **headers: str) -> httpx.Response:
    async def main() -> httpx.Response:
        transport = httpx.ASGITransport(PageFiles(folder), raise_app_exceptions=True)
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            return await client.request(method, path, headers=headers)

    return asyncio.run(main())


def test_the_index_is_at_the_root_and_allows_nothing_from_elsewhere(folder: Path) -> None:
    answer = get(folder, "/")
    assert (answer.status_code, answer.text) == (200, "<!doctype html>")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'self'; script-src 'self' 'wasm-unsafe-eval'")
    assert "http" not in policy
    assert "unsafe-inline" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("suffix", [*TYPES])
def test_each_file_has_its_type(folder: Path, suffix: str) -> None:
    answer = get(folder, f"/vad/file{suffix}")
    assert answer.headers["content-type"] == TYPES[suffix]


def test_a_type_that_is_not_known_is_bytes(folder: Path) -> None:
    assert get(folder, "/odd.thing").headers["content-type"] == "application/octet-stream"


def test_a_browser_that_has_a_file_is_told_that_it_has_not_changed(folder: Path) -> None:
    first = get(folder, "/vad/file.js")
    assert first.headers["cache-control"] == "no-cache"
    again = get(folder, "/vad/file.js", **{"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_browser_may_ask_whether_a_file_is_there(folder: Path) -> None:
    assert get(folder, "/vad/file.js", "HEAD").status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/../secret.txt", "/%2e%2e/secret.txt", "//etc/passwd", "/none.js", "/%00", "/" + "x" * 999],
)
def test_nothing_else_is_served(folder: Path, path: str) -> None:
    with pytest.raises(HTTPException) as refused:
        get(folder, path)
    assert refused.value.status_code == 404


def test_without_a_built_page_it_says_how_to_build_one(tmp_path: Path) -> None:
    answer = get(tmp_path / "none", "/")
    assert answer.status_code == 503
    assert "npm run build" in answer.text


def test_the_page_is_where_it_is_built() -> None:
    assert PAGE.parts[-3:] == ("server", "page", "dist")
