from antiphon.v1 import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SynthesizeRequest(_message.Message):
    __slots__ = ("config", "text", "flush")
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    FLUSH_FIELD_NUMBER: _ClassVar[int]
    config: SynthesizeConfig
    text: str
    flush: Flush
    def __init__(self, config: _Optional[_Union[SynthesizeConfig, _Mapping]] = ..., text: _Optional[str] = ..., flush: _Optional[_Union[Flush, _Mapping]] = ...) -> None: ...

class SynthesizeConfig(_message.Message):
    __slots__ = ("voice", "audio", "speed")
    VOICE_FIELD_NUMBER: _ClassVar[int]
    AUDIO_FIELD_NUMBER: _ClassVar[int]
    SPEED_FIELD_NUMBER: _ClassVar[int]
    voice: str
    audio: _common_pb2.AudioFormat
    speed: float
    def __init__(self, voice: _Optional[str] = ..., audio: _Optional[_Union[_common_pb2.AudioFormat, _Mapping]] = ..., speed: _Optional[float] = ...) -> None: ...

class Flush(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class SynthesizeResponse(_message.Message):
    __slots__ = ("audio", "flushed")
    AUDIO_FIELD_NUMBER: _ClassVar[int]
    FLUSHED_FIELD_NUMBER: _ClassVar[int]
    audio: AudioChunk
    flushed: Flushed
    def __init__(self, audio: _Optional[_Union[AudioChunk, _Mapping]] = ..., flushed: _Optional[_Union[Flushed, _Mapping]] = ...) -> None: ...

class AudioChunk(_message.Message):
    __slots__ = ("audio", "start_ms", "span", "words")
    AUDIO_FIELD_NUMBER: _ClassVar[int]
    START_MS_FIELD_NUMBER: _ClassVar[int]
    SPAN_FIELD_NUMBER: _ClassVar[int]
    WORDS_FIELD_NUMBER: _ClassVar[int]
    audio: bytes
    start_ms: float
    span: TextSpan
    words: _containers.RepeatedCompositeFieldContainer[SpokenWord]
    def __init__(self, audio: _Optional[bytes] = ..., start_ms: _Optional[float] = ..., span: _Optional[_Union[TextSpan, _Mapping]] = ..., words: _Optional[_Iterable[_Union[SpokenWord, _Mapping]]] = ...) -> None: ...

class TextSpan(_message.Message):
    __slots__ = ("start", "end")
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    start: int
    end: int
    def __init__(self, start: _Optional[int] = ..., end: _Optional[int] = ...) -> None: ...

class SpokenWord(_message.Message):
    __slots__ = ("span", "start_ms", "end_ms")
    SPAN_FIELD_NUMBER: _ClassVar[int]
    START_MS_FIELD_NUMBER: _ClassVar[int]
    END_MS_FIELD_NUMBER: _ClassVar[int]
    span: TextSpan
    start_ms: float
    end_ms: float
    def __init__(self, span: _Optional[_Union[TextSpan, _Mapping]] = ..., start_ms: _Optional[float] = ..., end_ms: _Optional[float] = ...) -> None: ...

class Flushed(_message.Message):
    __slots__ = ("end_ms",)
    END_MS_FIELD_NUMBER: _ClassVar[int]
    end_ms: float
    def __init__(self, end_ms: _Optional[float] = ...) -> None: ...

class ListVoicesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListVoicesResponse(_message.Message):
    __slots__ = ("voices",)
    VOICES_FIELD_NUMBER: _ClassVar[int]
    voices: _containers.RepeatedCompositeFieldContainer[Voice]
    def __init__(self, voices: _Optional[_Iterable[_Union[Voice, _Mapping]]] = ...) -> None: ...

class Voice(_message.Message):
    __slots__ = ("name", "language", "licence", "sample_rate_hz", "description")
    NAME_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    LICENCE_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_RATE_HZ_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    name: str
    language: str
    licence: str
    sample_rate_hz: int
    description: str
    def __init__(self, name: _Optional[str] = ..., language: _Optional[str] = ..., licence: _Optional[str] = ..., sample_rate_hz: _Optional[int] = ..., description: _Optional[str] = ...) -> None: ...
