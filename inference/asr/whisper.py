"""Whisper on CTranslate2, for short speech: the one file that imports faster_whisper and ctranslate2.

Whisper's encoder takes a padded window of 30 s, 600 ms of CPU for *any* utterance. CTranslate2 lets it take
less. Alone, short input makes the decoder loop; with the encoder's states of silence appended up to the full
window it does as well as with the whole window (WER 13.8 against 13.2 on 213 utterances, where gaps under a
point are noise), at a tenth to a thirtieth of the cost. Eight seconds of such states are enough, and a sixth
sooner, where doubtful speech is heard again with all of them (WER 10.5 against 11.2 on 90 utterances);
without that, one clip looped.
"""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
import tokenizers
from faster_whisper.tokenizer import _LANGUAGE_CODES, Tokenizer
from numpy.typing import NDArray

from antiphon.audio import RECOGNITION_RATE_HZ, Float32
from antiphon.errors import InvalidInput, Misconfigured
from inference.asr.engine import About, Hypothesis, Script, Speech, Word
from inference.asr.gates import is_looping
from inference.asr.loops import without_loop
from inference.asr.mel import HOP_SAMPLES, log_mel

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

CAPABILITIES = ("word_times", "language_detection")

States = NDArray[Any]


@dataclass(frozen=True, slots=True)
class WhisperOptions:
    """How the model is run; names of CTranslate2."""

    device: str = "cpu"
    compute_type: str = "int8"
    threads: int = 1
    beam_size: int = 1


class Whisper:
    """A model of the Whisper family as an `Engine`."""

    def __init__(self, folder: Path, options: WhisperOptions) -> None:
        self._options = options
        self._model = _open(folder, options)
        self._tokens = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._multilingual: bool = self._model.is_multilingual
        self._tokenizers = {code: self._tokenizer(code) for code in self._languages()}
        self._silence = self._encode(np.zeros(WINDOW_SAMPLES, np.float32))

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
        first = self._decode(speech, PAD_SAMPLES, SILENCE_STATES)
        if speech.draft or not _is_doubtful(first):
            return first
        again = self._decode(speech, AGAIN_PAD_SAMPLES, WINDOW_STATES)
        return max(first, again, key=lambda h: (not is_looping(h), h.average_log_probability))

    def _decode(self, speech: Speech, pad_samples: int, silence_states: int) -> Hypothesis:
        states = self._with_silence(speech.samples, pad_samples, silence_states)
        language = speech.language or self._detect(states)
        tokenizer = self._tokenizers[language]
        seconds = len(speech.samples) / RECOGNITION_RATE_HZ
        limit = min(MAX_TOKENS, int(TOKENS_PER_S * seconds) + TOKENS_SPARE)
        result = self._model.generate(
            states,
            [[*tokenizer.sot_sequence, tokenizer.no_timestamps]],
            beam_size=self._options.beam_size,
            max_length=2 * limit,  # CTranslate2 keeps half of it for the prompt
            return_scores=True,
            return_no_speech_prob=True,
        )[0]
        complete = len(result.sequences_ids[0]) < limit
        tokens = result.sequences_ids[0] if complete else without_loop(result.sequences_ids[0])
        text = tokenizer.decode(tokens).strip()
        return Hypothesis(
            text=text,
            language=language,
            words=self._align(states, tokenizer, tokens, len(speech.samples))
            if speech.word_times
            else (),
            no_speech_probability=result.no_speech_prob,
            average_log_probability=result.scores[0],
            repetition=_repetition(text),
            complete=complete,
        )

    def _with_silence(
        self, samples: Float32, pad_samples: int, silence_states: int
    ) -> ctranslate2.StorageView:
        length = min(len(samples) + pad_samples, WINDOW_SAMPLES)
        whole = math.ceil(length / STATE_SAMPLES) * STATE_SAMPLES
        states = self._encode(np.pad(samples, (0, whole - len(samples))))
        heard = states.shape[1]
        silence = self._silence[:, heard : heard + silence_states]
        joined = np.concatenate([states, silence], axis=1)
        return ctranslate2.StorageView.from_array(np.ascontiguousarray(joined))

    def _encode(self, samples: Float32) -> States:
        features = np.ascontiguousarray(log_mel(samples, self._model.n_mels)[None])
        return np.array(
            self._model.encode(ctranslate2.StorageView.from_array(features), to_cpu=True)
        )

    def _detect(self, states: ctranslate2.StorageView) -> str:
        if not self._multilingual:
            return "en"
        token, _ = self._model.detect_language(states)[0][0]
        return str(token).strip("<|>")

    def _align(
        self, states: ctranslate2.StorageView, tokenizer: Tokenizer, tokens: list[int], samples: int
    ) -> tuple[Word, ...]:
        if not tokens or samples < STATE_SAMPLES:
            return ()
        found = self._model.align(states, tokenizer.sot_sequence, [tokens], samples // HOP_SAMPLES)[
            0
        ]
        steps = np.array(found.alignments)
        first_of_token = np.diff(steps[:, 0], prepend=-1).astype(bool)
        token_ms = steps[first_of_token, 1] * (STATE_SAMPLES * 1000 / RECOGNITION_RATE_HZ)
        return _words(tokenizer, tokens, token_ms, np.array(found.text_token_probs))

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
            intra_threads=options.threads,
        )
    except (RuntimeError, ValueError) as error:
        raise Misconfigured(
            f"cannot load Whisper from {folder} on {options.device} as {options.compute_type}: {error}"
        ) from None


def _words(
    tokenizer: Tokenizer, tokens: list[int], token_ms: NDArray[Any], probabilities: NDArray[Any]
) -> tuple[Word, ...]:
    """Return the tokens as words; `token_ms` holds where each token begins, then where the last one ends."""
    texts, groups = tokenizer.split_to_word_tokens([*tokens, tokenizer.eot])
    words: list[Word] = []
    position = 0
    for text, group in zip(texts[:-1], groups[:-1], strict=True):
        start, position = position, position + len(group)
        end_ms = float(token_ms[min(position, len(token_ms) - 1)])
        word = Word(
            text.strip(),
            float(token_ms[start]),
            end_ms,
            float(probabilities[start:position].mean()),
        )
        if words and not any(c.isalnum() for c in word.text):
            before = words.pop()
            word = Word(before.text + word.text, before.start_ms, before.end_ms, before.probability)
        words.append(word)
    return tuple(words)


def _is_doubtful(hypothesis: Hypothesis) -> bool:
    return is_looping(hypothesis) or hypothesis.average_log_probability < DOUBTFUL_LOG_PROBABILITY


def _repetition(text: str) -> float:
    data = text.encode()
    return len(data) / len(zlib.compress(data)) if data else 1.0
