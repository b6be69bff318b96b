"""What we take of an offer, and what we say of Opus in the answer (RFC 8866, 8829, 7587)."""

from __future__ import annotations

import re

from aiortc.sdp import MediaDescription, SessionDescription

from antiphon.errors import InvalidInput

# Browsers offer 2 to 6 KB for one microphone and a data channel.
MAX_OFFER_CHARS = 64 * 1024
# RFC 7587 section 6.1. We play at 24 kHz, so what is above would be sent for nothing.
OPUS_PARAMETERS = "minptime=10;useinbandfec=1;stereo=0;sprop-stereo=0;maxplaybackrate=24000"

_OPUS = re.compile(r"^a=rtpmap:(\d+) opus/48000/2\r\n", re.MULTILINE | re.IGNORECASE)
_FMTP = re.compile(r"^a=fmtp:\d+ .*\r\n", re.MULTILINE)


def check_offer(sdp: str) -> str:
    """Return the offer as it is to be applied; raise `InvalidInput` where it is none we can answer.

    Candidates that are mDNS names are left out: to resolve one takes a second where it fails, and a browser
    that hides its address calls us anyway, which is how ICE learns it (RFC 8445 section 7.3.1.3). So more
    may come than the offer lists, and its end-of-candidates is left out too.
    """
    if len(sdp) > MAX_OFFER_CHARS:
        raise _invalid(f"it has {len(sdp)} characters; the bound is {MAX_OFFER_CHARS}")
    if not sdp.startswith("v=0"):
        raise _invalid("it does not begin with `v=0`")
    kept = "".join(f"{line}\r\n" for line in sdp.splitlines() if line and not _unwanted(line))
    description = _parse(kept)
    audio = [media for media in description.media if media.kind == "audio"]
    if len(audio) != 1 or not audio[0].port:
        raise _invalid("it must offer one audio stream (`m=audio`): add a track or a transceiver")
    if [media.kind for media in description.media if media.kind not in ("audio", "application")]:
        raise _invalid("only audio and a data channel are taken: leave the rest out")
    _check_audio(audio[0])
    for media in description.media:
        _check_transport(media)
    return kept


def answer(sdp: str) -> str:
    """Return aiortc's answer with what it does not say itself: mono speech, protected by in-band FEC."""
    without = _FMTP.sub("", sdp)
    return _OPUS.sub(lambda m: f"{m.group(0)}a=fmtp:{m.group(1)} {OPUS_PARAMETERS}\r\n", without)


def _unwanted(line: str) -> bool:
    if line == "a=end-of-candidates":
        return True
    return line.startswith("a=candidate:") and ".local " in line


def _parse(sdp: str) -> SessionDescription:
    try:
        return SessionDescription.parse(sdp)
    # aiortc's parser checks little: whatever is amiss ends where its code stumbles.
    except (
        ArithmeticError,
        AssertionError,
        AttributeError,
        LookupError,
        StopIteration,
        TypeError,
        ValueError,
    ):
        raise _invalid("it cannot be parsed") from None


def _check_audio(media: MediaDescription) -> None:
    if not any(codec.mimeType.lower() == "audio/opus" for codec in media.rtp.codecs):
        raise _invalid("the audio must offer Opus (`a=rtpmap:… opus/48000/2`)")
    if media.direction == "inactive":
        raise _invalid("the audio is `inactive`")
    if not media.rtcp_mux:
        raise _invalid("the audio must offer `a=rtcp-mux`")


def _check_transport(media: MediaDescription) -> None:
    if media.ice is None or not media.ice.usernameFragment or not media.ice.password:
        raise _invalid("`a=ice-ufrag` or `a=ice-pwd` is missing")
    if media.dtls is None or not media.dtls.fingerprints:
        raise _invalid("`a=fingerprint` or `a=setup` is missing")


def _invalid(why: str) -> InvalidInput:
    return InvalidInput(f"the SDP offer cannot be answered: {why}", reason="SDP", param="sdp")
