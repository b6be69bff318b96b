"""Whisper on CTranslate2, for short speech: the one file that imports faster_whisper and ctranslate2.

Whisper's encoder takes a padded window of 30 s, 600 ms of CPU for *any* utterance. CTranslate2 lets it take
less. Alone, short input makes the decoder loop; with the encoder's states of silence appended up to the full
window it does as well as with the whole window (WER 13.8 against 13.2 on 213 utterances, where gaps under a
point are noise), at a tenth to a thirtieth of the cost. Eight seconds of such states are enough, and a sixth
sooner, where doubtful speech is heard again with all of them (WER 10.5 against 11.2 on 90 utterances);
without that, one clip looped.

Pieces that are decoded together get as much silence behind them as makes their states equally many. Each is
encoded by itself where that costs nothing, on a CPU (60 ms for 2 s, alone as among eight): then all that
differs for it is how long the silence is.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
import tokenizers
from faster_whisper.tokenizer import _LANGUAGE_CODES, Tokenizer
from numpy.typing import NDArray

from antiphon.audio import RECOGNITION_RATE_HZ, Float32
from antiphon.errors import InvalidInput, Misconfigured
from inference.asr.alignment import timed_words
from inference.asr.doubt import better
from inference.asr.engine import About, Alternative, Hypothesis, Phrase, Script, Speech, Word
from inference.asr.gates import is_looping
from inference.asr.loops import without_loop
from inference.asr.mel import HOP_SAMPLES, log_mel
from inference.asr.primer import primer

WINDOW_SAMPLES = 30 * RECOGNITION_RATE_HZ
# Half a second, one and two do as well: 104, 102 and 105 errors in 1213 words.
PAD_SAMPLES = RECOGNITION_RATE_HZ
STATE_SAMPLES = 2 * HOP_SAMPLES  # the encoder halves the frame rate
WINDOW_STATES = WINDOW_SAMPLES // STATE_SAMPLES
SILENCE_STATES = 8 * RECOGNITION_RATE_HZ // STATE_SAMPLES
# The fastest of 140 pieces of speech needs 4.6 tokens a second beside the spare ones. A loop runs on to the
# model's own limit otherwise.
TOKENS_PER_S = 6
TOKENS_SPARE = 8
MAX_TOKENS = 224  # half of the decoder's positions, as Whisper has it
# Doubtful speech, one piece in eight, is heard again with more padding: 110 errors in 1213 words become 102,
# as with the full window, for a tenth more CPU instead of six tenths. Chosen on the clips that `bench asr`
# scores by default; Whisper's own threshold of -1 gives 103.
DOUBTFUL_LOG_PROBABILITY = -0.7
AGAIN_PAD_SAMPLES = 6 * RECOGNITION_RATE_HZ

# Lists of phrases whose tokens are kept: a service's callers have few between them, and send them each time.
PRIMERS = 64
# Beams beside the text's own: five is what Whisper's authors search with.
FEWEST_BEAMS = 5

CAPABILITIES = ("word_times", "language_detection", "phrases", "alternatives")

States = NDArray[Any]


@dataclass(frozen=True, slots=True)
class WhisperOptions:
    """How the model is run; names of CTranslate2. As many batches run at once as there are `workers`."""

    device: str = "cpu"
    compute_type: str = "int8"
    threads: int = 1
    beam_size: int = 1
    workers: int = 1

    @property
    def encodes_together(self) -> bool:
        """Whether pieces are encoded as one batch, all padded to the longest; on a CPU that gains nothing."""
        return self.device != "cpu"


@dataclass(frozen=True, slots=True)
class _Input:
    """A piece made ready: `states` have shape (1, n, width), `limit` is how many tokens it may have."""

    speech: Speech
    states: States
    tokenizer: Tokenizer
    prompt: list[int]
    limit: int


class Whisper:
    """A model of the Whisper family as a `BatchEngine`."""

    def __init__(self, folder: Path, options: WhisperOptions) -> None:
        self._options = options
        self._model = _open(folder, options)
        self._tokens = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._multilingual: bool = self._model.is_multilingual
        self._tokenizers = {code: self._tokenizer(code) for code in self._languages()}
        self._silence = self._encode(np.zeros((1, WINDOW_SAMPLES), np.float32))
        self._end_of_text = int(self._tokens.token_to_id("<|endoftext|>") or 0)
        self._primer = lru_cache(PRIMERS)(self._made_primer)

    @property
    def about(self) -> About:
        """Return what it is."""
        return About("faster-whisper", CAPABILITIES)

    def check(self, language: str, script: Script | None) -> None:
        """Raise where the model does not know `language`, or where it is given a script."""
        if script is not None:
            raise InvalidInput(
                "`simulation` is for the simulated engine; this one listens: leave it out",
                reason="SIMULATION",
            )
        if language and language not in self._tokenizers:
            raise InvalidInput(
                f"unknown language {language[:16]!r}: give an ISO 639-1 code, or none to detect it",
                reason="LANGUAGE",
            )

    def decode(self, speech: Speech) -> Hypothesis:
        """Return what is said in `speech`, heard again with more padding and silence where that is doubtful.

        A draft is not worth that: it is returned as it is.
        """
        [first] = self.decode_batch([speech])
        if speech.draft or not self.doubts(first):
            return first
        [again] = self.decode_batch([replace(speech, thorough=True)])
        return better(first, again)

    def doubts(self, hypothesis: Hypothesis) -> bool:
        """Return whether to hear its speech again."""
        doubtful = hypothesis.average_log_probability < DOUBTFUL_LOG_PROBABILITY
        return is_looping(hypothesis) or doubtful

    def decode_batch(self, speeches: Sequence[Speech]) -> list[Hypothesis]:
        """Return what is said in each of `speeches`, heard once."""
        inputs = self._inputs(speeches)
        heard: dict[int, Hypothesis] = {}
        # CTranslate2 wants prompts of one length.
        lengths = [len(one.prompt) for one in inputs]
        for _, group in groupby(
            sorted(range(len(inputs)), key=lengths.__getitem__), lengths.__getitem__
        ):
            alike = [*group]
            heard |= zip(alike, self._hear([inputs[index] for index in alike]), strict=True)
        return [heard[index] for index in range(len(inputs))]

    def _inputs(self, speeches: Sequence[Speech]) -> list[_Input]:
        states = [*self._with_silence(speeches)]
        return [self._input(speech, mine) for speech, mine in zip(speeches, states, strict=True)]

    def _input(self, speech: Speech, states: States) -> _Input:
        tokenizer = self._tokenizers[speech.language or self._detect(states)]
        # What phrases lead astray is doubtful: eight that were not said take the WER of 89 clips from 10.3 to
        # 10.6, and to 11.5 where it is heard again with them.
        primed = [] if speech.thorough else self._primer(speech.phrases)
        prompt = [*primed, *tokenizer.sot_sequence, tokenizer.no_timestamps]
        seconds = len(speech.samples) / RECOGNITION_RATE_HZ
        limit = min(MAX_TOKENS, int(TOKENS_PER_S * seconds) + TOKENS_SPARE)
        return _Input(speech, states, tokenizer, prompt, limit)

    def _hear(self, inputs: Sequence[_Input]) -> list[Hypothesis]:
        """Decode `inputs`, whose prompts are equally long."""
        results = self._generate(inputs, self._options.beam_size, return_no_speech_prob=True)
        return [self._hypothesis(*pair) for pair in zip(inputs, results, strict=True)]

    def _generate(self, inputs: Sequence[_Input], beams: int, **values: Any) -> Any:
        limit, prompt = max(one.limit for one in inputs), len(inputs[0].prompt)
        return self._model.generate(
            _view(np.concatenate([one.states for one in inputs])),
            [one.prompt for one in inputs],
            beam_size=beams,
            # CTranslate2 keeps half of it for the prompt, or what that takes.
            max_length=max(2 * limit, limit + prompt),
            return_scores=True,
            **values,
        )

    def _hypothesis(self, one: _Input, result: Any) -> Hypothesis:
        tokens = result.sequences_ids[0][: one.limit]
        complete = len(tokens) < one.limit
        if not complete:
            tokens = without_loop(tokens)
        text = one.tokenizer.decode(tokens).strip()
        hypothesis = Hypothesis(
            text=text,
            language=one.tokenizer.language_code,
            words=self._align(one, tokens) if one.speech.word_times else (),
            no_speech_probability=result.no_speech_prob,
            average_log_probability=result.scores[0],
            repetition=_repetition(text),
            complete=complete,
            tokens=len(tokens),
        )
        if one.speech.max_alternatives and (one.speech.thorough or not self.doubts(hypothesis)):
            alternatives = self._alternatives(one, text)
            return replace(hypothesis, alternatives=alternatives)
        return hypothesis

    def _alternatives(self, one: _Input, text: str) -> tuple[Alternative, ...]:
        """Return other texts, of a search of their own: the text stays what it is without them."""
        wanted = one.speech.max_alternatives
        beams = max(FEWEST_BEAMS, wanted + 1)
        [result] = self._generate([one], beams, num_hypotheses=beams)
        found = {_bare(text): Alternative("", 0.0), "": Alternative("", 0.0)}
        for tokens, score in zip(result.sequences_ids, result.scores, strict=True):
            other = one.tokenizer.decode(tokens).strip()
            found.setdefault(_bare(other), Alternative(other, score))
        return tuple(other for other in found.values() if other.text)[:wanted]

    def _with_silence(self, speeches: Sequence[Speech]) -> Iterator[States]:
        """Return the states of each, with those of silence behind them up to one length."""
        encoded = self._encoded(speeches)
        behind = max(WINDOW_STATES if one.thorough else SILENCE_STATES for one in speeches)
        length = max(states.shape[1] for states in encoded) + behind
        for states in encoded:
            silence = self._silence[:, states.shape[1] : length]
            yield np.concatenate([states, silence], axis=1)

    def _encoded(self, speeches: Sequence[Speech]) -> list[States]:
        if not self._options.encodes_together:
            return [self._encode(_padded(one.samples, _length(one))[None]) for one in speeches]
        longest = max(map(_length, speeches))
        states = self._encode(np.stack([_padded(one.samples, longest) for one in speeches]))
        return np.split(states, len(speeches))

    def _encode(self, samples: Float32) -> States:
        """Return the states of `samples`, shape (batch, n)."""
        features = np.stack([log_mel(one, self._model.n_mels) for one in samples])
        return np.array(self._model.encode(_view(features), to_cpu=True))

    def _detect(self, states: States) -> str:
        if not self._multilingual:
            return "en"
        token, _ = self._model.detect_language(_view(states))[0][0]
        return str(token).strip("<|>")

    def _align(self, one: _Input, tokens: list[int]) -> tuple[Word, ...]:
        samples = len(one.speech.samples)
        if not tokens or samples < STATE_SAMPLES:
            return ()
        [found] = self._model.align(
            _view(one.states), one.tokenizer.sot_sequence, [tokens], samples // HOP_SAMPLES
        )
        steps = np.array(found.alignments)
        first_of_token = np.diff(steps[:, 0], prepend=-1).astype(bool)
        token_ms = steps[first_of_token, 1] * (STATE_SAMPLES * 1000 / RECOGNITION_RATE_HZ)
        texts, groups = one.tokenizer.split_to_word_tokens([*tokens, one.tokenizer.eot])
        lengths = [len(group) for group in groups[:-1]]
        probabilities = np.array(found.text_token_probs)
        return timed_words(texts[:-1], lengths, token_ms, probabilities)

    def _made_primer(self, phrases: tuple[Phrase, ...]) -> list[int]:
        return primer(
            phrases, self._tokens_of, int(self._tokens.token_to_id("<|startofprev|>") or 0)
        )

    def _tokens_of(self, text: str) -> list[int]:
        # A phrase that spells out one of the model's own marks must not become it.
        ids = self._tokens.encode(text, add_special_tokens=False).ids
        return [token for token in ids if token < self._end_of_text]

    def _languages(self) -> tuple[str, ...]:
        if not self._multilingual:
            return ("en",)
        return tuple(
            code for code in _LANGUAGE_CODES if self._tokens.token_to_id(f"<|{code}|>") is not None
        )

    def _tokenizer(self, code: str) -> Tokenizer:
        return Tokenizer(self._tokens, self._multilingual, task="transcribe", language=code)


def _open(folder: Path, options: WhisperOptions) -> ctranslate2.models.Whisper:
    try:
        return ctranslate2.models.Whisper(
            str(folder),
            device=options.device,
            compute_type=options.compute_type,
            inter_threads=options.workers,
            intra_threads=options.threads,
        )
    except (RuntimeError, ValueError) as error:
        raise Misconfigured(
            f"cannot load Whisper from {folder} on {options.device} as {options.compute_type}: {error}"
        ) from None


def _view(array: NDArray[Any]) -> ctranslate2.StorageView:
    return ctranslate2.StorageView.from_array(np.ascontiguousarray(array))


def _length(speech: Speech) -> int:
    """Return how many samples are encoded: with padding, in whole states, at most a window of them."""
    pad = AGAIN_PAD_SAMPLES if speech.thorough else PAD_SAMPLES
    return math.ceil(min(len(speech.samples) + pad, WINDOW_SAMPLES) / STATE_SAMPLES) * STATE_SAMPLES


def _padded(samples: Float32, length: int) -> Float32:
    return np.pad(samples, (0, length - len(samples)))


def _bare(text: str) -> str:
    """Return `text` as it sounds: texts that differ in commas are no alternatives."""
    return "".join(char for char in text.casefold() if char.isalnum())


def _repetition(text: str) -> float:
    data = text.encode()
    return len(data) / len(zlib.compress(data)) if data else 1.0
