"""What is asked of a plan, and which models it may choose among."""

from __future__ import annotations

from dataclasses import dataclass

from inference.asr.settings import AsrSettings
from inference.tts.settings import TtsSettings

# With nothing measured, the gateway lets in so many.
SESSIONS = 16
# Instructions, tools, ten minutes of talk and the answer.
CONTEXT_TOKENS = 4096
# Calls of other services beside the sessions, as [server] max_guests is by default.
GUESTS = 8

LANGUAGE_MODELS = ("llama-3.1-8b-instruct", "llama-3.1-8b-instruct-awq")
# The best first: the second has the same weights in 8 bits, the third is a far smaller model.
RECOGNITIONS = (
    ("whisper-large-v3-turbo", "float16"),
    ("whisper-large-v3-turbo", "int8_float16"),
    ("whisper-base", "float16"),
)
RECOGNITION, COMPUTE_TYPE = RECOGNITIONS[0]
VOICE = "en-us-ljspeech-vits"
# Pieces and seconds of speech that are decoded at once, none of them measured on a card: what is less makes
# those wait who come together, files before callers.
BATCHES = ((32, 480.0), (16, 160.0), (8, 60.0), (4, 30.0))


@dataclass(frozen=True, slots=True)
class Request:
    """How many sessions, each with how long a context; an empty name leaves the model to the plan.

    `room_for_update`: recognition or the voice can be started a second time, to replace the first.
    """

    sessions: int = SESSIONS
    context_tokens: int = CONTEXT_TOKENS
    language_model: str = ""
    recognition: str = RECOGNITION
    compute_type: str = COMPUTE_TYPE
    room_for_update: bool = False

    @property
    def sequences(self) -> int:
        """How many answers vLLM writes at a time: one a session, and the guests'."""
        return self.sessions + GUESTS

    def asr(self, max_batch: int, max_batch_s: float) -> AsrSettings:
        """Return the settings of recognition with such batches."""
        return AsrSettings.model_validate(
            {
                "model": self.recognition,
                "device": "cuda",
                "compute_type": self.compute_type,
                "max_batch": max_batch,
                "max_batch_s": max_batch_s,
            }
        )

    def tts(self) -> TtsSettings:
        """Return the settings of the voice."""
        return TtsSettings(model=VOICE, device="cuda", runtime="torch")
