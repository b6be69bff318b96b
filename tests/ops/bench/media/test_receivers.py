from __future__ import annotations

import numpy as np
import pytest

from ops.bench.media.network import Arrival, arrivals
from ops.bench.media.receivers import RECEIVERS, ours, stock
from tests.server.webrtc.sound import encoded, glide

PAYLOADS = encoded(glide(2.0))
COUNT = len(PAYLOADS)
LOST = 50


def came(*lost: int) -> list[Arrival]:
    return arrivals(PAYLOADS, np.isin(np.arange(COUNT), lost), np.zeros(COUNT))


def test_ours_gives_every_frame_out_as_it_comes() -> None:
    received = ours(came())
    assert [index for index, _ in received.frames] == list(range(COUNT))
    assert set(received.delays_ms) == {0}
    assert len(received.samples) == 320 * COUNT


def test_ours_has_a_frame_for_a_lost_packet_and_no_delay_after_it() -> None:
    received = ours(came(LOST))
    assert [index for index, _ in received.frames] == list(range(COUNT))
    assert received.delays_ms[LOST : LOST + 3] == pytest.approx([40, 20, 0])
    assert set(received.delays_ms[LOST + 3 :]) == {0}


def test_stock_holds_80_ms_and_after_a_lost_packet_280() -> None:
    received = stock(came(LOST))
    delays = dict(zip((index for index, _ in received.frames), received.delays_ms, strict=True))
    assert LOST not in delays
    assert delays[LOST - 10] == 80
    # The measure of PROTOCOLS: 280 ms more while the hole is pushed out, and some of it for ever.
    assert max(delays.values()) >= 280
    assert delays[max(delays)] > 200


def test_stock_gives_no_samples_for_what_it_dropped() -> None:
    received = stock(came(LOST))
    assert len(received.samples) == pytest.approx(320 * len(received.frames), abs=320)


@pytest.mark.parametrize("path", RECEIVERS)
def test_where_nothing_arrives_nothing_is_received(path: str) -> None:
    received = RECEIVERS[path]([])
    assert not len(received.samples)
    assert not received.frames
