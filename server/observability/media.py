"""What the network does to callers' audio, as Prometheus counts it."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram

from antiphon.observability.registry import SHORT_BUCKETS_S
from server.webrtc.tally import Fate, Tally


class Media:
    """Takes the tallies of all calls. Every series is there from the start, at 0."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._delays = Histogram(
            "antiphon_jitter_buffer_delay_seconds",
            "How long a packet of audio waited for those before it.",
            buckets=SHORT_BUCKETS_S,
            registry=registry,
        )
        self._packets = Counter(
            "antiphon_audio_packets",
            "Packets of callers' audio over WebRTC, by their fate; a packet may have more than one.",
            ["fate"],
            registry=registry,
        )
        for fate in Fate:
            self._packets.labels(fate)

    def note(self, tally: Tally) -> None:
        """Add what became of a stream's packets in the last moments."""
        for fate, packets in tally.fates().items():
            if packets:
                self._packets.labels(fate).inc(packets)
        for delay_ms in tally.delays_ms:
            self._delays.observe(delay_ms / 1000)
