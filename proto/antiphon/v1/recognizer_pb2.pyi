from antiphon.v1 import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RecognizeRequest(_message.Message):
    __slots__ = ("config", "audio", "finish")
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    AUDIO_FIELD_NUMBER: _ClassVar[int]
    FINISH_FIELD_NUMBER: _ClassVar[int]
    config: RecognizeConfig
    audio: bytes
    finish: FinishUtterance
    def __init__(self, config: _Optional[_Union[RecognizeConfig, _Mapping]] = ..., audio: _Optional[bytes] = ..., finish: _Optional[_Union[FinishUtterance, _Mapping]] = ...) -> None: ...

class RecognizeConfig(_message.Message):
    __slots__ = ("audio", "language", "external", "silence", "partials", "word_times", "first_partial_ms", "hushes", "phrases", "max_alternatives", "voice_threshold", "preroll_ms", "simulation")
    AUDIO_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    EXTERNAL_FIELD_NUMBER: _ClassVar[int]
    SILENCE_FIELD_NUMBER: _ClassVar[int]
    PARTIALS_FIELD_NUMBER: _ClassVar[int]
    WORD_TIMES_FIELD_NUMBER: _ClassVar[int]
    FIRST_PARTIAL_MS_FIELD_NUMBER: _ClassVar[int]
    HUSHES_FIELD_NUMBER: _ClassVar[int]
    PHRASES_FIELD_NUMBER: _ClassVar[int]
    MAX_ALTERNATIVES_FIELD_NUMBER: _ClassVar[int]
    VOICE_THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    PREROLL_MS_FIELD_NUMBER: _ClassVar[int]
    SIMULATION_FIELD_NUMBER: _ClassVar[int]
    audio: _common_pb2.AudioFormat
    language: str
    external: ExternalEndpointing
    silence: SilenceEndpointing
    partials: bool
    word_times: bool
    first_partial_ms: int
    hushes: bool
    phrases: _containers.RepeatedCompositeFieldContainer[Phrase]
    max_alternatives: int
    voice_threshold: float
    preroll_ms: int
    simulation: Simulation
    def __init__(self, audio: _Optional[_Union[_common_pb2.AudioFormat, _Mapping]] = ..., language: _Optional[str] = ..., external: _Optional[_Union[ExternalEndpointing, _Mapping]] = ..., silence: _Optional[_Union[SilenceEndpointing, _Mapping]] = ..., partials: _Optional[bool] = ..., word_times: _Optional[bool] = ..., first_partial_ms: _Optional[int] = ..., hushes: _Optional[bool] = ..., phrases: _Optional[_Iterable[_Union[Phrase, _Mapping]]] = ..., max_alternatives: _Optional[int] = ..., voice_threshold: _Optional[float] = ..., preroll_ms: _Optional[int] = ..., simulation: _Optional[_Union[Simulation, _Mapping]] = ...) -> None: ...

class Phrase(_message.Message):
    __slots__ = ("text", "boost")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    BOOST_FIELD_NUMBER: _ClassVar[int]
    text: str
    boost: float
    def __init__(self, text: _Optional[str] = ..., boost: _Optional[float] = ...) -> None: ...

class ExternalEndpointing(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class SilenceEndpointing(_message.Message):
    __slots__ = ("silence_ms",)
    SILENCE_MS_FIELD_NUMBER: _ClassVar[int]
    silence_ms: int
    def __init__(self, silence_ms: _Optional[int] = ...) -> None: ...

class Simulation(_message.Message):
    __slots__ = ("text", "voiced_ms")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    VOICED_MS_FIELD_NUMBER: _ClassVar[int]
    text: str
    voiced_ms: int
    def __init__(self, text: _Optional[str] = ..., voiced_ms: _Optional[int] = ...) -> None: ...

class FinishUtterance(_message.Message):
    __slots__ = ("traceparent",)
    TRACEPARENT_FIELD_NUMBER: _ClassVar[int]
    traceparent: str
    def __init__(self, traceparent: _Optional[str] = ...) -> None: ...

class RecognizeResponse(_message.Message):
    __slots__ = ("speech_started", "partial", "pause", "speech_resumed", "final", "speech_hushed")
    SPEECH_STARTED_FIELD_NUMBER: _ClassVar[int]
    PARTIAL_FIELD_NUMBER: _ClassVar[int]
    PAUSE_FIELD_NUMBER: _ClassVar[int]
    SPEECH_RESUMED_FIELD_NUMBER: _ClassVar[int]
    FINAL_FIELD_NUMBER: _ClassVar[int]
    SPEECH_HUSHED_FIELD_NUMBER: _ClassVar[int]
    speech_started: SpeechStarted
    partial: Partial
    pause: Pause
    speech_resumed: SpeechResumed
    final: Final
    speech_hushed: SpeechHushed
    def __init__(self, speech_started: _Optional[_Union[SpeechStarted, _Mapping]] = ..., partial: _Optional[_Union[Partial, _Mapping]] = ..., pause: _Optional[_Union[Pause, _Mapping]] = ..., speech_resumed: _Optional[_Union[SpeechResumed, _Mapping]] = ..., final: _Optional[_Union[Final, _Mapping]] = ..., speech_hushed: _Optional[_Union[SpeechHushed, _Mapping]] = ...) -> None: ...

class SpeechStarted(_message.Message):
    __slots__ = ("start_ms",)
    START_MS_FIELD_NUMBER: _ClassVar[int]
    start_ms: float
    def __init__(self, start_ms: _Optional[float] = ...) -> None: ...

class Partial(_message.Message):
    __slots__ = ("text", "stable_chars", "audio_ms")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    STABLE_CHARS_FIELD_NUMBER: _ClassVar[int]
    AUDIO_MS_FIELD_NUMBER: _ClassVar[int]
    text: str
    stable_chars: int
    audio_ms: float
    def __init__(self, text: _Optional[str] = ..., stable_chars: _Optional[int] = ..., audio_ms: _Optional[float] = ...) -> None: ...

class Pause(_message.Message):
    __slots__ = ("end_ms", "text", "end_of_turn_probability", "timing")
    END_MS_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    END_OF_TURN_PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    TIMING_FIELD_NUMBER: _ClassVar[int]
    end_ms: float
    text: str
    end_of_turn_probability: float
    timing: _common_pb2.Timing
    def __init__(self, end_ms: _Optional[float] = ..., text: _Optional[str] = ..., end_of_turn_probability: _Optional[float] = ..., timing: _Optional[_Union[_common_pb2.Timing, _Mapping]] = ...) -> None: ...

class SpeechHushed(_message.Message):
    __slots__ = ("end_ms", "text")
    END_MS_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    end_ms: float
    text: str
    def __init__(self, end_ms: _Optional[float] = ..., text: _Optional[str] = ...) -> None: ...

class SpeechResumed(_message.Message):
    __slots__ = ("start_ms",)
    START_MS_FIELD_NUMBER: _ClassVar[int]
    start_ms: float
    def __init__(self, start_ms: _Optional[float] = ...) -> None: ...

class Final(_message.Message):
    __slots__ = ("text", "words", "language", "start_ms", "end_ms", "from_pause", "timing", "end_of_turn_probability", "probability", "alternatives")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    WORDS_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    START_MS_FIELD_NUMBER: _ClassVar[int]
    END_MS_FIELD_NUMBER: _ClassVar[int]
    FROM_PAUSE_FIELD_NUMBER: _ClassVar[int]
    TIMING_FIELD_NUMBER: _ClassVar[int]
    END_OF_TURN_PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    ALTERNATIVES_FIELD_NUMBER: _ClassVar[int]
    text: str
    words: _containers.RepeatedCompositeFieldContainer[Word]
    language: str
    start_ms: float
    end_ms: float
    from_pause: bool
    timing: _common_pb2.Timing
    end_of_turn_probability: float
    probability: float
    alternatives: _containers.RepeatedCompositeFieldContainer[Alternative]
    def __init__(self, text: _Optional[str] = ..., words: _Optional[_Iterable[_Union[Word, _Mapping]]] = ..., language: _Optional[str] = ..., start_ms: _Optional[float] = ..., end_ms: _Optional[float] = ..., from_pause: _Optional[bool] = ..., timing: _Optional[_Union[_common_pb2.Timing, _Mapping]] = ..., end_of_turn_probability: _Optional[float] = ..., probability: _Optional[float] = ..., alternatives: _Optional[_Iterable[_Union[Alternative, _Mapping]]] = ...) -> None: ...

class Alternative(_message.Message):
    __slots__ = ("text", "probability")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    text: str
    probability: float
    def __init__(self, text: _Optional[str] = ..., probability: _Optional[float] = ...) -> None: ...

class Word(_message.Message):
    __slots__ = ("text", "start_ms", "end_ms", "probability")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    START_MS_FIELD_NUMBER: _ClassVar[int]
    END_MS_FIELD_NUMBER: _ClassVar[int]
    PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    text: str
    start_ms: float
    end_ms: float
    probability: float
    def __init__(self, text: _Optional[str] = ..., start_ms: _Optional[float] = ..., end_ms: _Optional[float] = ..., probability: _Optional[float] = ...) -> None: ...
