from antiphon.v1 import common_pb2 as _common_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class ConverseRequest(_message.Message):
    __slots__ = ("audio", "event")
    AUDIO_FIELD_NUMBER: _ClassVar[int]
    EVENT_FIELD_NUMBER: _ClassVar[int]
    audio: bytes
    event: str
    def __init__(self, audio: _Optional[bytes] = ..., event: _Optional[str] = ...) -> None: ...

class ConverseResponse(_message.Message):
    __slots__ = ("audio", "event")
    AUDIO_FIELD_NUMBER: _ClassVar[int]
    EVENT_FIELD_NUMBER: _ClassVar[int]
    audio: bytes
    event: str
    def __init__(self, audio: _Optional[bytes] = ..., event: _Optional[str] = ...) -> None: ...
