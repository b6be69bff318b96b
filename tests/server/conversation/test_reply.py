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
from tests.server.world import LEAD_MS, WORDS, first_of
from tests.virtual_time import run_virtual

MESSAGES = [pb.Message(role=pb.ROLE_USER, content="hello")]


class Stage:
    """A reply, and what came out of it: text, the moment before the first audio, audio."""

    def __init__(
        self, generator: FakeGenerator, voice: FakeSynthesizer, *, audio_out: bool
    ) -> None:
        config = replace(session_config.initial(AgentSettings()), audio_out=audio_out)
        self.out: list[str | bytes | None] = []
        self.playout = Playout(self._take, config.output_format, LEAD_MS)
        self.timeline = Timeline()
        self.calls: list[pb.ToolCall] = []
        self.generator, self.voice = generator, voice
        self.reply = Reply(
            services(FakeRecognizer(), generator, voice),
            config,
            self.playout,
            self.timeline,
            self._take,
            self._call,
            lambda: self._take(None),
        )

    @property
    def audio(self) -> bytes:
        return b"".join(piece for piece in self.out if isinstance(piece, bytes))

    async def _call(self, call: pb.ToolCall) -> None:
        self.calls.append(call)

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
    assert stage.reply.engines_ms == {"first_token": 100.0, "first_audio": 50.0}
    assert list(stage.timeline.as_ms()) == [
        "generation_started",
        "first_token",
        "first_audio",
        "first_clause",
        "audible",
        "last_token",
        "last_audio",
    ]


@pytest.mark.parametrize(("words", "written_ms"), [(["One ", "two "], 400), (["One "], 100)])
def test_a_clause_was_written_once_more_followed_or_the_text_had_ended(
    words: list[str], written_ms: float
) -> None:
    stage = play(_answer, FakeGenerator(words, token_ms=300), FakeSynthesizer(delay_ms=500))
    timeline = stage.timeline.as_ms()
    assert (timeline["first_clause"], timeline["first_audio"]) == (written_ms, 600)


def test_a_voice_that_does_not_say_what_it_took_is_not_asked_again() -> None:
    async def story(stage: Stage) -> None:
        reciting = asyncio.create_task(stage.reply.recite("x"))
        await asyncio.sleep(0)
        stage.voice.calls[0].end()
        await reciting

    assert play(story, voice=_ByHand()).reply.engines_ms == {}


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
    assert None not in stage.out
    assert stage.reply.heard_text == "One two three."


def test_a_greeting_is_said_as_it_stands() -> None:
    async def story(stage: Stage) -> None:
        await stage.reply.recite("Welcome.")

    stage = play(story)
    assert stage.reply.text == "Welcome."
    assert not stage.generator.calls
    assert len(stage.audio) == 300 * 48
    assert stage.voice.calls[0].cancelled or stage.voice.calls[0].half_closed.is_set()


def test_a_greeting_is_written_where_nothing_is_spoken() -> None:
    async def story(stage: Stage) -> None:
        await stage.reply.recite("Welcome.")

    stage = play(story, audio_out=False)
    assert stage.out == ["Welcome."]
    assert not stage.voice.calls
    assert stage.reply.heard_text == "Welcome."


@pytest.mark.parametrize(
    ("ducked_s", "heard", "again_ms"),
    [(0.05, "", 0), (0.25, "", 300), (0.65, "One two ", 600), (1.0, "One two three.", 900)],
)
def test_ducked_it_goes_on_from_the_word_in_which_it_fell_silent(
    ducked_s: float, heard: str, again_ms: int
) -> None:
    async def story(stage: Stage) -> None:
        answering = asyncio.create_task(_answer(stage))
        await asyncio.sleep(0.15 + ducked_s)
        stage.reply.duck()
        assert stage.reply.heard_text == heard
        await asyncio.sleep(10)
        # The ear got what was ahead of it, and no more.
        sent_ms = len(stage.audio) // 48
        assert sent_ms == pytest.approx(ducked_s * 1000 + LEAD_MS, abs=20)
        stage.reply.unduck()
        await answering
        await stage.playout.drain()
        await asyncio.sleep(0.001)
        assert len(stage.audio) // 48 == sent_ms + 2700 - again_ms
        assert stage.reply.heard_text == "".join(WORDS * 3)

    play(story, FakeGenerator(WORDS * 3))


def test_what_was_said_recently_is_what_was_heard_in_some_seconds_and_the_word_on_its_way() -> None:
    async def story(stage: Stage) -> None:
        assert stage.reply.recent_text == ""
        answering = asyncio.create_task(_answer(stage))
        await asyncio.sleep(0.15 + 0.01)
        assert stage.reply.recent_text == "a "
        await asyncio.sleep(6)
        # From the word that sounded at 2010 ms to the one that sounds at 6010 ms.
        assert stage.reply.recent_text == "g h i j k l m n o p q r s t u "
        await answering

    letters = [f"{letter} " for letter in "abcdefghijklmnopqrstuvwxyz"]
    play(story, FakeGenerator(letters, token_ms=0), FakeSynthesizer(delay_ms=50))


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


class _ByHand(FakeSynthesizer):
    """Speaks only what the test sends."""

    def Synthesize(self, metadata: object = ()) -> FakeCall:  # type: ignore[override]
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


CALL = pb.ToolCall(id="call_1", name="look", arguments="{}")


def test_calls_are_told_as_they_are_written_and_are_no_speech() -> None:
    stage = play(_answer, FakeGenerator(["I look.", CALL]))
    assert stage.calls == [CALL]
    assert stage.reply.text == "I look."
    assert len(stage.audio) == 300 * 48


def test_a_call_alone_is_silent() -> None:
    stage = play(_answer, FakeGenerator([CALL]))
    assert (stage.calls, stage.reply.text, stage.audio) == ([CALL], "", b"")
    assert None not in stage.out


def test_what_was_heard_is_known_with_its_words() -> None:
    async def story(stage: Stage) -> None:
        answering = asyncio.create_task(stage.reply.answer(MESSAGES))
        await asyncio.sleep(0.15 + 0.65)
        heard = stage.reply.heard
        assert (heard.text, heard.by(350), heard.spoken) == ("One two ", "One ", True)
        await answering

    play(story)


def test_what_is_only_written_is_heard_as_it_stands() -> None:
    heard = play(_answer, audio_out=False).reply.heard
    assert (heard.text, heard.spoken) == ("One two three.", False)
