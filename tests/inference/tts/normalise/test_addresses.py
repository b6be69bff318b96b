"""E-mail and web addresses, and file names."""

from __future__ import annotations

import pytest

from inference.tts.normalise.addresses import addresses
from tests.inference.tts.normalise.topics import spoken


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "Mail sarah.j_99@example.co.uk.",
            {
                "sarah.j_99@example.co.uk": "sarah dot J underscore nine nine at example dot co dot U K"
            },
        ),
        (
            "see https://www.example.com/path/to-x?q=1.",
            {"https://www.example.com/path/to-x?q=1": "example dot com slash path slash to dash X"},
        ),
        (
            "www.example.org or example.com/",
            {"www.example.org": "example dot org", "example.com/": "example dot com"},
        ),
        ("report.pdf and Node.js", {"report.pdf": "report dot P D F", "Node.js": "Node dot J S"}),
        ("The end.Then, e.g. this, 3.5, U.S. and a.m. ==>", {}),
    ],
)
def test_addresses(text: str, said: dict[str, str]) -> None:
    assert spoken(addresses, text) == said
