from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from aiortc import RTCPeerConnection, RTCSessionDescription
from hypothesis import given
from hypothesis import strategies as st

from antiphon.errors import InvalidInput
from server.webrtc.sdp import MAX_OFFER_CHARS, answer, check_offer

FINGERPRINT = ":".join(f"{number:02X}" for number in range(32))
# What headless Chromium 156 offers for a microphone and a data channel, its codecs cut to three.
OFFER = (
    "\r\n".join(
        """v=0
o=- 4611731400430051336 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0 1
a=extmap-allow-mixed
a=msid-semantic: WMS stream
m=audio 9 UDP/TLS/RTP/SAVPF 111 63 0
c=IN IP4 0.0.0.0
a=rtcp:9 IN IP4 0.0.0.0
a=candidate:1 1 udp 2113937151 6c1c0d6d-9d5e-4b7e-a8e8-0a8cf8dcf2b3.local 51472 typ host generation 0
a=candidate:2 1 udp 2113937150 192.0.2.7 51473 typ host generation 0
a=ice-ufrag:Pe8h
a=ice-pwd:asd88fgpdd777uzjYhagZg7s
a=ice-options:trickle
a=fingerprint:sha-256 FINGERPRINT
a=setup:actpass
a=mid:0
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
a=sendrecv
a=msid:stream track
a=rtcp-mux
a=rtcp-rsize
a=rtpmap:111 opus/48000/2
a=rtcp-fb:111 transport-cc
a=fmtp:111 minptime=10;useinbandfec=1
a=rtpmap:63 red/48000/2
a=fmtp:63 111/111
a=rtpmap:0 PCMU/8000
a=ssrc:1001 cname:caller
a=end-of-candidates
m=application 9 UDP/DTLS/SCTP webrtc-datachannel
c=IN IP4 0.0.0.0
a=ice-ufrag:Pe8h
a=ice-pwd:asd88fgpdd777uzjYhagZg7s
a=fingerprint:sha-256 FINGERPRINT
a=setup:actpass
a=mid:1
a=sctp-port:5000
a=max-message-size:262144
""".replace("FINGERPRINT", FINGERPRINT).splitlines()
    )
    + "\r\n"
)
VIDEO = (
    "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=ice-ufrag:Pe8h\r\na=ice-pwd:asd88fgpdd777uzjYhagZg7s\r\n"
    "a=rtpmap:96 VP8/90000\r\n"
)


def without(line: str) -> str:
    """Return the offer without the lines that begin so."""
    return "".join(one for one in OFFER.splitlines(keepends=True) if not one.startswith(line))


def test_a_browsers_offer_is_taken_but_for_names_that_only_its_own_network_knows() -> None:
    kept = check_offer(OFFER)
    assert ".local" not in kept
    assert "end-of-candidates" not in kept
    assert len(kept.splitlines()) == len(OFFER.splitlines()) - 2
    assert "192.0.2.7" in kept


def test_line_ends_may_be_those_of_unix() -> None:
    assert check_offer(OFFER.replace("\r\n", "\n")) == check_offer(OFFER)


@pytest.mark.parametrize(
    ("offer", "said"),
    [
        ("", "does not begin with `v=0`"),
        ("hello", "does not begin with `v=0`"),
        ('{"sdp": "v=0"}', "does not begin with `v=0`"),
        ("v=0\r\n" * MAX_OFFER_CHARS, "characters; the bound is"),
        (OFFER.replace("m=audio 9", "m=audio nine"), "cannot be parsed"),
        (OFFER.replace("a=fmtp:111", "a=fmtp:112"), "cannot be parsed"),
        (OFFER.replace("sha-256 ", ""), "cannot be parsed"),
        (OFFER.replace("actpass", "sometimes"), "cannot be parsed"),
        ("v=0\r\n", "one audio stream"),
        (
            OFFER[: OFFER.index("m=audio")] + OFFER[OFFER.index("m=application") :],
            "one audio stream",
        ),
        (OFFER.replace("m=audio 9", "m=audio 0"), "one audio stream"),
        (OFFER + OFFER[OFFER.index("m=audio") : OFFER.index("m=application")], "one audio stream"),
        (OFFER + VIDEO, "only audio and a data channel"),
        (OFFER.replace("opus/48000/2", "speex/16000"), "must offer Opus"),
        (OFFER.replace("a=sendrecv", "a=inactive"), "is `inactive`"),
        (without("a=rtcp-mux"), "a=rtcp-mux"),
        (without("a=ice-pwd"), "a=ice-pwd"),
        (without("a=fingerprint"), "a=fingerprint"),
        (without("a=setup"), "a=setup"),
    ],
)
def test_what_cannot_be_answered_is_refused_with_what_is_wrong(offer: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said) as refused:
        check_offer(offer)
    assert refused.value.metadata["param"] == "sdp"


LINES = OFFER.splitlines()


@given(
    st.lists(
        st.tuples(st.integers(0, len(LINES) - 1), st.integers(0, 120), st.text(max_size=8)),
        max_size=3,
    )
)
def test_no_text_makes_the_check_fail_otherwise(changes: list[tuple[int, int, str]]) -> None:
    lines = list(LINES)
    for index, at, text in changes:
        lines[index] = lines[index][:at] + text
    with suppress(InvalidInput):
        check_offer("\r\n".join(lines))


def test_the_answer_asks_for_mono_speech_with_fec() -> None:
    async def main() -> str:
        connection = RTCPeerConnection()
        connection.addTransceiver("audio")
        await connection.setRemoteDescription(RTCSessionDescription(check_offer(OFFER), "offer"))
        created = await connection.createAnswer()
        await connection.close()
        return str(created.sdp)

    created = asyncio.run(main())
    assert "useinbandfec" not in created
    said = answer(created)
    (parameters,) = [line for line in said.splitlines() if line.startswith("a=fmtp:")]
    assert parameters.startswith("a=fmtp:111 minptime=10;useinbandfec=1;stereo=0")
    assert said.replace(f"{parameters}\r\n", "") == created
    assert answer(said) == said
