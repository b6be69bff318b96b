from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.errors import InvalidInput
from server.riva.ssml import plain


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("Plain text.", "Plain text."),
        ("a < b & c", "a < b & c"),
        ("<b>not SSML</b>", "<b>not SSML</b>"),
        ("<speaker>x</speaker>", "<speaker>x</speaker>"),
        ("<speak>Hello.</speak>", "Hello."),
        (" \n<speak version='1.1'>Hello.</speak>\n", "Hello."),
        ("<speak/>", ""),
        ('<?xml version="1.0" encoding="UTF-16"?>\n<speak>Grüße.</speak>', "Grüße."),
        ("\n<?xml version='1.0'?><!-- a --><!--b\n--> <speak>Hello.</speak><!-- c -->", "Hello."),
        ("<!-- a --> is a comment", "<!-- a --> is a comment"),
        ("<?xml version='1.0'?><html/>", "<?xml version='1.0'?><html/>"),
        ("<speak>one<break time='1s'/>two</speak>", "one two"),
        ("<speak><p>One.</p><p><s>Two.</s><s>Three.</s></p></speak>", "One. Two. Three."),
        ("<speak>pro<emphasis>nounce</emphasis>d</speak>", "pronounced"),
        ("<speak><prosody rate='slow'>Slow</prosody> &amp; low</speak>", "Slow & low"),
        ("<speak><sub alias='World Wide Web'>WWW</sub> it is</speak>", "World Wide Web it is"),
        ("<speak><sub alias='a'>b<sub alias='c'>d</sub>e</sub>f</speak>", "af"),
        ("<speak><sub>no alias</sub></speak>", "no alias"),
        ("<speak><phoneme alphabet='ipa' ph='x'>tomato</phoneme></speak>", "tomato"),
        ("<speak><!-- aside --><![CDATA[a < b]]></speak>", "a < b"),
        (
            "<speak xmlns='http://www.w3.org/2001/10/synthesis'>one<break/>two</speak>",
            "one two",
        ),
    ],
)
def test_what_is_to_be_spoken_is_what_the_markup_holds(text: str, spoken: str) -> None:
    assert plain(text) == spoken


BOMB = '<!DOCTYPE speak [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'


@pytest.mark.parametrize(
    "text",
    [
        "<speak>open",
        "<speak>crossed <s>x</speak></s>",
        "<speak>a < b</speak>",
        "<speak>a & b</speak>",
        "<speak>&unknown;</speak>",
        "<speak>x</speak> and more",
        "<speak>nul \0</speak>",
        f"<speak>&b;</speak>{BOMB}",
        f"<speak {BOMB}>&b;</speak>",
        f"<?xml version='1.0'?>{BOMB}<speak>&b;</speak>",
        "<!-- a -- b --><speak>x</speak>",
    ],
)
def test_what_is_not_well_formed_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="not well-formed") as refused:
        plain(text)
    assert refused.value.reason == "SSML"


def test_no_depth_is_too_much() -> None:
    depth = 100_000
    assert plain(f"<speak>{'<s>' * depth}deep{'</s>' * depth}</speak>") == "deep"


def test_a_prolog_without_end_takes_no_time_to_read() -> None:
    text = "<!-- a -->" * 100_000
    assert plain(text) == text


@given(st.text())
def test_any_text_is_spoken_or_refused(text: str) -> None:
    with suppress(InvalidInput):
        assert isinstance(plain(f"<speak>{text}</speak>"), str)
