"""`antiphon bench interrupt`: what speech over a reply does to it, and how soon the caller hears silence.

Every clip is a call of its own, in real time: a long reply is asked for, and the clip is played over it.
Three times: alone; with the reply coming back through the microphone, 20 dB below what the loudspeaker
plays; and with somebody else talking behind the caller, 15 dB below. Then the caller has asked aloud, as
loud as the clip is: who is behind whom is not to be known before somebody has spoken.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import numpy as np

from antiphon.audio import RECOGNITION_RATE_HZ, Int16, resample
from ops.bench.bench import Bench, Engines, Options, Result, Transport
from ops.bench.calls.caller import FRAME_MS, Also, Prompt, play
from ops.bench.calls.line import DESCRIPTIONS, Event, dial
from ops.bench.calls.loudspeaker import Listened, Loudspeaker
from ops.bench.calls.overlaps import LISTENING, SPEAKING, Overlap, figures, wrong
from ops.bench.calls.record import RATE_HZ, Record, window_levels_db
from ops.bench.data import Clip, default_folder, load_clips, spread
from ops.bench.hearing.scores import Take
from ops.bench.hearing.takes import takes
from ops.bench.services import Running, running

# Without a mark inside, so that the voice makes no pause that could be taken for silence; 20 s long.
REPLY = (
    "Your order left our warehouse on Monday morning and it should reach you by Thursday afternoon "
    "together with the two lamps and the small wooden table that you asked for while the chairs will "
    "follow in a second delivery next week and if nobody is at home the driver will leave a card with "
    "a telephone number so that you can choose another day that suits you better or collect it from "
    "the shop on Market Street which is open until eight in the evening"
)
REPLY_TOKENS = 400
# The reply has been heard for a second or more when the clip begins.
BEFORE_MS = 2500.0
# After a question that is asked aloud, whose end may be doubted for up to two.
AFTER_QUESTION_MS = 3500.0
# A question in one breath, as far as a detector can tell, is one turn.
ONE_BREATH = 0.9
QUESTION_MS = 2500.0
# Of a clip: what is longer is decided long before.
LONGEST_S = 4.0
AFTER_MS = 1500.0
# Simulated engines leave two cores time for as many calls at once; real ones do not.
LANES = {Engines.SIMULATED: 4, Engines.REAL: 1}
# Three calls of 6 s each: some 15 minutes.
CLIPS = {Engines.SIMULATED: 188, Engines.REAL: 50}

ECHO_DB = -20.0
# From the loudspeaker through the room, the microphone and their buffers.
ECHO_MS = 60.0
BACKGROUND_DB = -15.0
LOUD_RANK = 95
# Speech of a known kind that nobody says to the agent.
TELEVISION = "television"

Mix = Callable[["Scene", Loudspeaker], Also | None]


@dataclass(frozen=True, slots=True)
class Scene:
    """A clip to be played over a reply, and a voice beside it; both at 24 kHz.

    The clip begins `before_ms` into `samples`; `question` is what was asked aloud there, if anything was.
    """

    take: Take
    kind: str
    samples: Int16
    beside: Int16
    before_ms: float = BEFORE_MS
    question: Take | None = None

    @property
    def onset_ms(self) -> float:
        """The clip's first voice in the call; its beginning where it has none."""
        label = self.take.label
        return self.before_ms + (label.first_ms if label is not None else 0.0)

    @property
    def end_ms(self) -> float:
        """When enough was played."""
        if self.kind in SPEAKING:
            return self.onset_ms + AFTER_MS
        return self.before_ms + min(self.take.clip.seconds, LONGEST_S) * 1000 + AFTER_MS


async def run(options: Options) -> Result:
    """Measure interruptions over a data folder."""
    clips = _clips(load_clips(options.data or default_folder("turns")), options)
    async with running("asr", "llm", "tts", "server", **_tables(options)) as services:
        scenes = scenes_of(takes(clips, services.settings, options))
        alone = await _play_all(services, options, scenes, "alone", nothing_beside)
        echo = await _play_all(services, options, scenes, "with echo", _echo)
        asked = [asked_aloud(scene, scenes, number) for number, scene in enumerate(scenes)]
        beside = await _play_all(services, options, asked, "with a voice behind", _beside)
    return Result(
        figures(alone) | {"echo": figures(echo), "background": figures(beside)},
        _context(options, scenes)
        | {"wrong": wrong(alone) | {"echo": wrong(echo), "background": wrong(beside)}},
    )


async def _play_all(
    services: Running, options: Options, scenes: Sequence[Scene], title: str, mix: Mix
) -> list[Overlap]:
    lanes = LANES[options.engines]
    starts = range(0, len(scenes), lanes)
    played = []
    for start in options.progress.over(title, starts):
        calls = (
            play_over(services, options, scene, mix) for scene in scenes[start : start + lanes]
        )
        played += await asyncio.gather(*calls)
    return played


async def play_over(services: Running, options: Options, scene: Scene, mix: Mix) -> Overlap:
    """Call, ask for a reply, and return what a clip did to it."""
    record = Listened()
    frames = count(1)

    def enough(_: Record, now_ms: float) -> bool:
        record.late_ms = max(record.late_ms, now_ms - next(frames) * FRAME_MS)
        return now_ms >= scene.end_ms

    async with dial(options.transport, services) as line:
        await play(
            line,
            scene.samples,
            _session(options, scene),
            enough,
            scene.end_ms / 1000 + 1,
            record=record,
            opening=() if scene.question else _OPENING,
            also=mix(scene, record.loudspeaker),
            prompt=_prompt(options, scene),
        )
    label = scene.take.label
    return Overlap(
        scene.take.clip.name,
        scene.kind,
        label is not None,
        scene.onset_ms,
        scene.end_ms,
        record,
    )


_OPENING: Sequence[Event] = (
    {
        "type": "conversation.item.create",
        "item": {
            "type": "message",
            "role": "user",
            "content": [{"type": "input_text", "text": "Where is my order?"}],
        },
    },
    {"type": "response.create"},
)


def _session(options: Options, scene: Scene) -> Event:
    return _says(options, scene.question or scene.take)


def _prompt(options: Options, scene: Scene) -> Prompt | None:
    """Return what has the clip say its words once the question is answered; the real ones say their own."""
    if scene.question is None or options.engines is Engines.REAL:
        return None
    told = False

    def prompt(record: Record) -> Event | None:
        nonlocal told
        if told or not any(reply.audible_ms is not None for reply in record.replies):
            return None
        told = True
        return {"type": "session.update", "session": _says(options, scene.take)}

    return prompt


def _says(options: Options, take: Take) -> Event:
    antiphon: Event = {"events": True}
    if options.engines is Engines.SIMULATED:
        label, text = take.label, take.clip.transcript
        # "[cough]" describes a sound: there is nothing to be recognised.
        said = "" if text.startswith("[") else text
        voiced_ms = round(label.voiced_ms) if label is not None else 0
        antiphon["simulation"] = {"text": said, "voiced_ms": max(voiced_ms, 1)}
    return {"type": "realtime", "antiphon": antiphon}


def scenes_of(takes: Sequence[Take]) -> list[Scene]:
    """Return each clip as it is to be played over a reply, and another caller's voice beside it."""
    voices = [one for one in takes if _kind(one.clip) == "turn"]
    return [
        Scene(one, _kind(one.clip), _played(one), _voice_beside(one, voices, number))
        for number, one in enumerate(takes)
    ]


def asked_aloud(scene: Scene, scenes: Sequence[Scene], number: int) -> Scene:
    """Return `scene`, the caller having asked for the reply by their voice; as it is without a question."""
    questions = [one.take for one in scenes if _is_question(one.take)]
    if not questions:
        return scene
    question = questions[number % len(questions)]
    speech = _as_loud(_at_call_rate(question.speech), _at_call_rate(scene.take.speech), 0.0)
    before_ms = len(speech) * 1000 / RATE_HZ + AFTER_QUESTION_MS
    samples = _played(scene.take, before_ms)
    samples[: len(speech)] = speech
    return replace(scene, samples=samples, before_ms=before_ms, question=question)


def _is_question(one: Take) -> bool:
    label = one.label
    if label is None or _kind(one.clip) not in SPEAKING or one.clip.seconds * 1000 > QUESTION_MS:
        return False
    return label.voiced_ms >= ONE_BREATH * (label.last_ms - label.first_ms)


def _played(one: Take, before_ms: float = BEFORE_MS) -> Int16:
    """Return a clip at 24 kHz behind a while of its own background."""
    samples = _at_call_rate(one.samples)
    before = _at_call_rate(one.samples[len(one.speech) :])
    return np.concatenate([np.resize(before, round(before_ms * RATE_HZ / 1000)), samples])


def _voice_beside(one: Take, voices: Sequence[Take], number: int) -> Int16:
    """Return somebody else's voice, as loud as it is to be beside the clip."""
    others = [voice for voice in voices if voice.clip.row["speaker"] != one.clip.row["speaker"]]
    if not others:
        return np.zeros(1, np.int16)
    voice = _at_call_rate(others[number % len(others)].speech)
    return _as_loud(voice, _at_call_rate(one.speech), BACKGROUND_DB)


def _as_loud(samples: Int16, other: Int16, by_db: float) -> Int16:
    """Return `samples` as loud as `other`, and `by_db` louder."""
    return _louder(samples, _loud_db(other) + by_db - _loud_db(samples))


def nothing_beside(scene: Scene, loudspeaker: Loudspeaker) -> Also | None:
    """Return that the clip is played alone."""
    return None


def _echo(scene: Scene, loudspeaker: Loudspeaker) -> Also:
    def also(at_ms: float) -> Int16:
        start_ms = max(at_ms - ECHO_MS, 0.0)
        return _louder(loudspeaker.between(start_ms, start_ms + FRAME_MS), ECHO_DB)

    return also


def _beside(scene: Scene, loudspeaker: Loudspeaker) -> Also:
    """Somebody talks from the clip's beginning on, and goes on after it."""
    size = RATE_HZ * FRAME_MS // 1000

    def also(at_ms: float) -> Int16:
        start = round((at_ms - scene.before_ms) * RATE_HZ / 1000)
        if start < 0:
            return np.zeros(size, np.int16)
        return np.take(scene.beside, range(start, start + size), mode="wrap")

    return also


def _louder(samples: Int16, by_db: float) -> Int16:
    louder: Int16 = np.clip(samples * 10 ** (by_db / 20), -32_768, 32_767).astype(np.int16)
    return louder


def _loud_db(samples: Int16) -> float:
    return float(np.percentile(window_levels_db(samples), LOUD_RANK))


def _at_call_rate(samples: Int16) -> Int16:
    return resample(samples, RECOGNITION_RATE_HZ, RATE_HZ)


def _kind(clip: Clip) -> str:
    return TELEVISION if clip.row.get("style", "").startswith("tv") else clip.condition


def _clips(clips: Sequence[Clip], options: Options) -> list[Clip]:
    fit = [clip for clip in clips if clip.condition in LISTENING | SPEAKING]
    return spread(fit, options.limit or CLIPS[options.engines])


def _tables(options: Options) -> dict[str, Any]:
    engines = "simulated" if options.engines is Engines.SIMULATED else None
    tables: dict[str, Any] = {
        # Also with real engines: what is measured is what becomes of a reply, not what it says.
        "llm": {"engine": "simulated", "simulated": {"replies": json.dumps([REPLY])}},
        "agent": {"max_reply_tokens": REPLY_TOKENS},
    }
    if engines:
        tables |= {name: {"engine": engines} for name in ("asr", "tts")}
    return tables


def _context(options: Options, scenes: Sequence[Scene]) -> dict[str, Any]:
    return {
        "clips": len(scenes),
        "clips_without_voice": sum(scene.take.label is None for scene in scenes),
        "transport": f"{DESCRIPTIONS[options.transport]}; the loudspeaker has no buffer",
        "silence_ms": (
            f"a reply that was never silent counts with the {AFTER_MS:g} ms for which it was listened to; "
            "which these are: wrong.never_silent"
        ),
        "server_stop_ms": (
            "from the gateway telling that it is silent, which it does once it has stopped, to the last "
            "audible packet; "
            + (
                "the receiver's buffer is in it, since audio and events come by two ways"
                if options.transport is Transport.WEBRTC
                else "a lower bound of the time since it decided to stop"
            )
        ),
        "calls_at_once": LANES[options.engines],
        "language_model": "simulated: one long reply",
        "words": (
            "each clip's own text, without error: only real engines can mishear"
            if options.engines is Engines.SIMULATED
            else "Whisper's"
        ),
        "echo": f"{ECHO_DB:g} dB, {ECHO_MS:g} ms late",
        "background": (
            f"another caller's turn, {BACKGROUND_DB:g} dB, from the clip's beginning on; the caller had "
            "asked aloud, as loud as the clip"
        ),
        "television": "clips of this kind are in by_kind, not in the shares",
    }


BENCH = Bench(
    "what speech over a reply does to it",
    run,
    engines=Engines.SIMULATED,
    extras=frozenset({"labels", "transport"}),
)
