"""`antiphon bench loss`: what the receive path makes of a lossy network, beside stock aiortc's.

The same packets, sent by the product's own encoder with in-band FEC, arrive at the same times at both, in
sample time. What comes out is heard by the recognition service; its word errors are those of codec, network
and receive path together. A delay is from when a frame's last sample left the microphone, without the
network's own fixed share; so the jitter is in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Any

import numpy as np

from antiphon.audio import Int16
from antiphon.channel import connect
from antiphon.v1.recognizer_pb2 import Simulation
from antiphon.v1.recognizer_pb2_grpc import RecognizerStub
from inference.asr.vad import Silero
from models.store import open_store
from ops.bench.bench import Bench, Engines, Options, Result
from ops.bench.data import Clip, default_folder, load_clips
from ops.bench.figures import rounded
from ops.bench.hearing.background import background
from ops.bench.hearing.listener import configure, listen
from ops.bench.hearing.scores import SCORED_LANGUAGE
from ops.bench.hearing.word_errors import count, rate
from ops.bench.media.clips import Sent, chosen, send
from ops.bench.media.network import BURST_PACKETS, MEAN_JITTER_MS, Loss, travel
from ops.bench.media.receivers import RECEIVERS
from ops.bench.media.recovery import WITHIN_MS, one_lost
from ops.bench.services import Running, running

CLIPS = 24
PERCENTS = (1, 3, 5, 10)
# Stock aiortc gives nothing out until later packets push it: twice what its buffer holds.
FOLLOWS_S = 0.7


@dataclass(frozen=True, slots=True)
class Case:
    """One path under one loss, and where its figures stand."""

    path: str
    group: str
    loss: Loss


CASES = [
    *(Case(path, "by_loss", Loss(percent)) for percent in (0, *PERCENTS) for path in RECEIVERS),
    *(
        Case(path, "by_burst_loss", Loss(percent, BURST_PACKETS))
        for percent in PERCENTS
        for path in RECEIVERS
    ),
]


async def run(options: Options) -> Result:
    """Measure both receive paths."""
    clips = chosen(load_clips(options.data or default_folder("speech")), options.limit or CLIPS)
    engine = {"engine": "simulated"} if options.engines is Engines.SIMULATED else {}
    async with running("asr", asr=engine) as services, connect(services["asr"]) as channel:
        sent = _sent(clips, services)
        listener = Listener(RecognizerStub(channel), options.engines is Engines.SIMULATED)
        figures: dict[str, Any] = {path: one_lost(path, sent) for path in RECEIVERS}
        for case in options.progress.over("losses", CASES):
            group = figures[case.path].setdefault(case.group, {})
            group[case.loss.percent] = await listener.measure(case, sent)
        return Result(figures, _context(clips, services))


class Listener:
    """Has the recognition service hear what a receive path gave out."""

    def __init__(self, stub: RecognizerStub, simulated: bool) -> None:
        self._stub = stub
        self._simulated = simulated

    async def measure(self, case: Case, sent: Sequence[Sent]) -> dict[str, float | None]:
        """Return word errors and delays over all clips."""
        errors, delays_ms = [], []
        for seed, one in enumerate(sent):
            received = RECEIVERS[case.path](travel(one.payloads, case.loss, seed))
            text = await self._text(one.clip, received.samples)
            errors.append(count(one.clip.transcript, text))
            delays_ms += received.delays_ms
        wer = rate(errors)
        return {
            "wer": None if wer is None else rounded(wer),
            "delay_ms": rounded(mean(delays_ms)),
            "delay_p95_ms": rounded(float(np.percentile(delays_ms, 95))),
        }

    async def _text(self, clip: Clip, samples: Int16) -> str:
        simulation = None
        if self._simulated:
            simulation = Simulation(text=clip.transcript, voiced_ms=round(1000 * clip.seconds))
        config = configure(SCORED_LANGUAGE, partials=False, simulation=simulation)
        return (await listen(self._stub, config, samples, paced=False)).text


def _sent(clips: Sequence[Clip], services: Running) -> list[Sent]:
    settings = services.settings
    silero = Silero(open_store(settings.models).path(settings.asr.vad))
    found = []
    for clip in clips:
        speech = clip.read()
        after = background(speech, silero.listen(), FOLLOWS_S).samples
        found.append(send(clip, speech, after, settings.webrtc))
    return found


def _context(clips: Sequence[Clip], services: Running) -> dict[str, Any]:
    webrtc = services.settings.webrtc
    return {
        "clips": [clip.name for clip in clips],
        "model": services.settings.asr.model,
        "opus": f"24 kHz mono, {webrtc.bitrate_bps} b/s, FEC for {webrtc.expected_loss_percent}%",
        "jitter": f"exponential, mean {MEAN_JITTER_MS:g} ms, order kept",
        "bursts": f"Gilbert, {BURST_PACKETS:g} packets on average",
        "recovery": f"until within {WITHIN_MS:g} ms of the delay before, in the worst clip",
    }


BENCH = Bench("a lossy network: word errors and delay, beside stock aiortc", run)
