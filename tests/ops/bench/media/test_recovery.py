from __future__ import annotations

import numpy as np
import pytest

from ops.bench.data import Clip
from ops.bench.media.clips import Sent
from ops.bench.media.network import sent_ms
from ops.bench.media.receivers import Received
from ops.bench.media.recovery import baseline_ms, one_lost, recovery_ms
from tests.ops.bench.media.clip import CLIP
from tests.server.webrtc.sound import encoded, glide

LOST = 4


def received(*delays_ms: float) -> Received:
    frames = [(index, sent_ms(index) + delay_ms) for index, delay_ms in enumerate(delays_ms)]
    return Received(np.zeros(0, np.int16), frames)


@pytest.mark.parametrize(
    ("delays_ms", "recovery"),
    [
        pytest.param([20] * 4 + [60, 20, 20], 60, id="never further away than 40 ms"),
        pytest.param([20] * 4 + [90, 70, 50, 30], 90, id="at the frame that is within again"),
        pytest.param([20] * 4 + [90, 20, 90], None, id="for good, or not at all"),
    ],
)
def test_recovery(delays_ms: list[float], recovery: float | None) -> None:
    assert recovery_ms(received(*delays_ms), LOST) == recovery


def test_the_delay_before_is_the_median() -> None:
    assert baseline_ms(received(10, 20, 20, 90, 500), LOST) == 20


def test_one_lost_packet_at_both_paths() -> None:
    clip: Clip = CLIP
    sent = [Sent(clip, encoded(glide(2.0))), Sent(clip, encoded(glide(1.5)))]
    assert one_lost("ours", sent) == {"recovery_ms": 40, "delay_ms": 0, "added_for_ever_ms": 0}
    theirs = one_lost("stock", sent)
    assert theirs["recovery_ms"] is None
    assert theirs["delay_ms"] == 80
    assert theirs["added_for_ever_ms"] > 100
