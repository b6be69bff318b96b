"""Opus for speech at 24 kHz mono: the one file that calls libopus.

PyAV, which aiortc decodes with, exposes neither concealment nor in-band FEC, hence ctypes. The states live in
memory of Python's own, so nothing has to be freed.
"""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any

from antiphon.errors import InvalidInput, Misconfigured

LIBRARY = "libopus.so.0"
RATE_HZ = 24_000
FRAME_MS = 20
FRAME_SAMPLES = RATE_HZ * FRAME_MS // 1000
FRAME_BYTES = 2 * FRAME_SAMPLES
# RFC 6716 section 3.2: a frame may last 60 ms, a packet 120 ms.
MAX_SAMPLES = RATE_HZ * 120 // 1000
# An Ethernet frame; a speech frame needs 80 bytes.
MAX_PAYLOAD_BYTES = 1275

# opus_defines.h
_OK = 0
_APPLICATION_VOIP = 2048
_SET_BITRATE = 4002
_SET_COMPLEXITY = 4010
_SET_INBAND_FEC = 4012
_SET_PACKET_LOSS_PERC = 4014
# Half the processor time of 9 or 10, which are for music: 25 peers a core encode at once.
_COMPLEXITY = 5


class Encoder:
    """One stream of 20 ms frames, each packet carrying a coarse copy of the frame before it (in-band FEC).

    Discontinuous transmission stays off, as it is by default: a stream that never pauses shows that the
    line is alive.
    """

    def __init__(self, bitrate_bps: int, expected_loss_percent: int) -> None:
        self._library = load()
        size = self._library.opus_encoder_get_size(1)
        self._state = ctypes.create_string_buffer(size)
        self._packet = ctypes.create_string_buffer(MAX_PAYLOAD_BYTES)
        _check(self._library.opus_encoder_init(self._state, RATE_HZ, 1, _APPLICATION_VOIP))
        for request, value in (
            (_SET_BITRATE, bitrate_bps),
            (_SET_COMPLEXITY, _COMPLEXITY),
            (_SET_INBAND_FEC, 1),
            (_SET_PACKET_LOSS_PERC, expected_loss_percent),
        ):
            _check(self._library.opus_encoder_ctl(self._state, request, ctypes.c_int(value)))

    def encode(self, pcm: bytes) -> bytes:
        """Return the packet of one frame of int16 samples."""
        if len(pcm) != FRAME_BYTES:
            raise InvalidInput(f"a frame of {len(pcm)} bytes, not of {FRAME_BYTES}")
        size = _check(
            self._library.opus_encode(
                self._state, pcm, FRAME_SAMPLES, self._packet, MAX_PAYLOAD_BYTES
            )
        )
        return self._packet.raw[:size]


class Decoder:
    """One stream of packets; every method returns int16 samples and moves the stream on by them."""

    def __init__(self) -> None:
        self._library = load()
        size = self._library.opus_decoder_get_size(1)
        self._state = ctypes.create_string_buffer(size)
        self._samples = ctypes.create_string_buffer(2 * MAX_SAMPLES)
        _check(self._library.opus_decoder_init(self._state, RATE_HZ, 1))

    def decode(self, payload: bytes) -> bytes:
        """Return what `payload` holds; raise `InvalidInput` where it is no Opus packet."""
        return self._decode(payload, MAX_SAMPLES, fec=False)

    def recover(self, payload: bytes, samples: int) -> bytes:
        """Return the `samples` before those of `payload`, from its FEC, concealed where it carries none."""
        return self._decode(payload, samples, fec=True)

    def conceal(self, samples: int) -> bytes:
        """Return a continuation that fades out; `samples` is a multiple of 2.5 ms."""
        return self._decode(None, samples, fec=False)

    def _decode(self, payload: bytes | None, samples: int, *, fec: bool) -> bytes:
        size = len(payload) if payload is not None else 0
        decoded = _check(
            self._library.opus_decode(self._state, payload, size, self._samples, samples, int(fec))
        )
        return self._samples.raw[: 2 * decoded]


@cache
def load() -> Any:
    """Return libopus; raise `Misconfigured` where it is not installed."""
    try:
        library = ctypes.CDLL(LIBRARY)
    except OSError:
        raise Misconfigured(
            f"{LIBRARY} is not there, which WebRTC needs: install Debian's package libopus0"
        ) from None
    library.opus_strerror.restype = ctypes.c_char_p
    return library


def _check(result: int) -> int:
    if result < _OK:
        raise InvalidInput(f"Opus: {load().opus_strerror(result).decode()}", reason="OPUS")
    return result
