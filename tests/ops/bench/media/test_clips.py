from __future__ import annotations

from dataclasses import replace

import numpy as np

from ops.bench.media.clips import LONGEST_S, chosen, packets, send
from server.webrtc.opus import Decoder
from server.webrtc.settings import WebRtcSettings
from tests.ops.bench.media.clip import CLIP
from tests.server.webrtc.sound import glide, level, samples

SETTINGS = WebRtcSettings()


def test_the_sample_is_english_and_short() -> None:
    long = replace(CLIP, seconds=LONGEST_S + 1)
    german = replace(CLIP, row={**CLIP.row, "language": "de"})
    assert chosen([long, german, CLIP, CLIP], 24) == [CLIP, CLIP]
    assert chosen([CLIP] * 30, 24) == [CLIP] * 24


def test_a_clip_becomes_packets_of_20_ms_that_sound_like_it() -> None:
    speech = samples(glide(1.0, 16_000)).astype(np.int16)
    payloads = packets(speech, SETTINGS)
    assert len(payloads) == 50
    decoder = Decoder()
    heard = b"".join(map(decoder.decode, payloads))
    assert 0.7 < level(heard) / level(speech.tobytes()) < 1.3


def test_what_comes_after_it_is_sent_too() -> None:
    silence = np.zeros(8_000, np.int16)
    assert len(send(CLIP, silence, silence, SETTINGS).payloads) == 50
