"""One reply: written, spoken and played at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from antiphon.errors import Unavailable
from antiphon.v1 import generator_pb2 as pb
from antiphon.v1 import synthesizer_pb2 as tts
from server.conversation.playout import Playout
from server.conversation.reply import Reply
from server.conversation.timeline import Timeline
from server.realtime import session_config
from server.settings import AgentSettings
from tests.server.fake_call import FakeCall, rpc_error
from tests.server.fakes import FakeGenerator, FakeRecognizer, FakeSynthesizer, services, spoken
from tests.server.world import WORDS, first_of
from tests.virtual_time import run_virtual

MESSAGES = [pb.Message(role=pb.ROLE_USER, content="hello")]


class Stage:
    """A reply, and what came out of it: text, the moment before the first audio, audio."""

    def __init__(
        self, generator: FakeGenerator, voice: FakeSynthesizer, *, audio_out: bool
    ) -> None:
        config = replace(session_config.initial(AgentSettings()), audio_out=audio_out)
        self.out: list[str | bytes | None] = []
        self.playout = Playout(self._take, config.output_format)
        self.timeline = Timeline()
        self.generator, self.voice = generator, voice
        self.reply = Reply(
            services(FakeRecognizer(), generator, voice),
            config,
            self.playout,
            self.timeline,
            self._take,
            lambda: self._take(None),
        )

    @property
    def audio(self) -> bytes:
        return b"".join(piece for piece in self.out if isinstance(piece, bytes))

    async def _take(self, piece: str | bytes | None) -> None:
        self.out.append(piece)


def play(
    story: Callable[[Stage], Awaitable[None]],
    generator: FakeGenerator | None = None,
    voice: FakeSynthesizer | None = None,
    *,
    audio_out: bool = True,
) -> Stage:
    """Return the stage after `story`."""

    async def main() -> Stage:
        stage = Stage(
            generator or FakeGenerator(WORDS), voice or FakeSynthesizer(), audio_out=audio_out
        )
        await story(stage)
        return stage

    return run_virtual(main())


async def _answer(stage: Stage) -> None:
    await stage.reply.answer(MESSAGES)


async def _answer_and_listen(stage: Stage) -> None:
    await _answer(stage)
    await stage.playout.drain()
    assert stage.reply.heard_text == "One two three."


def test_text_and_speech_come_out_as_they_are_made() -> None:
    stage = play(_answer_and_listen, FakeGenerator(WORDS, token_ms=100))
    assert [piece for piece in stage.out if isinstance(piece, str)] == WORDS
    assert len(stage.audio) == 3 * 300 * 48
    assert stage.out.index(None) < next(
        i for i, piece in enumerate(stage.out) if isinstance(piece, bytes)
    )
    assert stage.reply.text == "One two three."
    assert stage.reply.usage.completion_tokens == 3
    assert stage.reply.finish_reason == pb.FINISH_REASON_STOP
    assert list(stage.timeline.as_ms()) == [
        "generation_started",
        "first_token",
        "first_audio",
        "audible",
        "last_token",
        "last_audio",
    ]


def test_when_it_returns_all_was_sent_though_not_all_was_heard() -> None:
    async def story(stage: Stage) -> None:
        await _answer(stage)
        assert len(stage.audio) == 3 * 300 * 48
        assert stage.reply.heard_text == "One two "
        await stage.playout.drain()

    play(story)


def test_written_only_it_needs_no_voice_and_counts_as_heard() -> None:
    stage = play(_answer, audio_out=False)
    assert stage.out == WORDS
    assert not stage.voice.calls
    assert not stage.reply.audible
    assert stage.reply.heard_text == "One two three."


def test_a_greeting_is_said_as_it_stands() -> None:
    async def story(stage: Stage) -> None:
        await stage.reply.recite("Welcome.")

    stage = play(story)
    assert stage.reply.text == "Welcome."
    assert not stage.generator.calls
    assert len(stage.audio) == 300 * 48
    assert stage.voice.calls[0].cancelled or stage.voice.calls[0].half_closed.is_set()


def test_audible_is_told_once_however_small_the_first_pieces_are() -> None:
    async def story(stage: Stage) -> None:
        reciting = asyncio.create_task(stage.reply.recite("x"))
        await asyncio.sleep(0)
        call = stage.voice.calls[0]
        word = spoken("x", 0, 0)
        for audio in (b"", bytes(2), bytes(2), bytes(958)):
            chunk = tts.AudioChunk(audio=audio, words=word.words if not audio else [])
            call.send(tts.SynthesizeResponse(audio=chunk))
        call.send(tts.SynthesizeResponse(flushed=tts.Flushed()))
        call.end()
        await reciting

    stage = play(story, voice=_ByHand())
    assert stage.out.count(None) == 1
    assert len(stage.audio) == 962
    assert stage.reply.audible


class _ByHand(FakeSynthesizer):
    """Speaks only what the test sends."""

    def Synthesize(self) -> FakeCall:  # type: ignore[override]
        self.calls.append(FakeCall())  # type: ignore[arg-type]
        return self.calls[-1]


@pytest.mark.parametrize(
    ("generator", "voice", "words"),
    [
        (FakeGenerator(WORDS, fail_after=1), FakeSynthesizer(), "language model"),
        (FakeGenerator(WORDS), FakeSynthesizer(error=rpc_error()), "speech synthesis"),
    ],
)
def test_where_one_engine_fails_the_other_is_stopped(
    generator: FakeGenerator, voice: FakeSynthesizer, words: str
) -> None:
    async def story(stage: Stage) -> None:
        with pytest.raises(ExceptionGroup) as failed:
            await _answer(stage)
        problem = first_of(failed.value)
        assert isinstance(problem, Unavailable)
        assert words in problem.message
        assert stage.generator.calls[0].cancelled
        assert stage.voice.calls[0].cancelled

    play(story, generator, voice)


def test_cancelled_it_stops_both_engines() -> None:
    async def story(stage: Stage) -> None:
        answering = asyncio.create_task(_answer(stage))
        await asyncio.sleep(0.2)
        answering.cancel()
        await asyncio.wait({answering})
        assert answering.cancelled()
        assert stage.generator.calls[0].cancelled
        assert stage.voice.calls[0].cancelled

    play(story, FakeGenerator(WORDS * 9))
