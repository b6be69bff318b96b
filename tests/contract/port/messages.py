"""Any message of a protobuf type, as a Hypothesis strategy: every field set or not, at its odd values too."""

from __future__ import annotations

from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from hypothesis import strategies as st

MAX_REPEATED = 3
MAX_DEPTH = 3
MAX_BYTES = 5000

_WIDTHS = {
    FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, 2**64 - 1),
}
# What the contract's own words are made of, so that more than the first check is reached.
_WORDS = st.sampled_from(["", "en", "en-US", "user", "{}", "[1", "LINEAR_PCM", '{"type":"object"}'])


def messages(descriptor: Descriptor, depth: int = MAX_DEPTH) -> st.SearchStrategy[Message]:
    """Return a strategy for messages of the type `descriptor`."""
    kind = GetMessageClass(descriptor)
    fields = {
        field.name: _field(field, depth) for field in descriptor.fields if _fits(field, depth)
    }
    return st.fixed_dictionaries({}, optional=fields).map(lambda chosen: _made(kind, chosen))


def _made(kind: type[Message], chosen: dict[str, Any]) -> Message:
    message = kind()
    for name, value in chosen.items():
        # Field by field: of a oneof the last one stands.
        message.MergeFrom(kind(**{name: value}))
    return message


def _fits(field: FieldDescriptor, depth: int) -> bool:
    return field.message_type is None or depth > 0


def _field(field: FieldDescriptor, depth: int) -> st.SearchStrategy[Any]:
    if _is_map(field):
        return st.dictionaries(_WORDS, _WORDS, max_size=MAX_REPEATED)
    one = _value(field, depth)
    return st.lists(one, max_size=MAX_REPEATED) if field.is_repeated else one


def _is_map(field: FieldDescriptor) -> bool:
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def _value(field: FieldDescriptor, depth: int) -> st.SearchStrategy[Any]:
    if field.type == FieldDescriptor.TYPE_BYTES:  # to `cpp_type` it is a string
        return st.binary(max_size=MAX_BYTES)
    match field.cpp_type:
        case FieldDescriptor.CPPTYPE_MESSAGE:
            return messages(field.message_type, depth - 1)
        case FieldDescriptor.CPPTYPE_STRING:
            return _WORDS | st.text(max_size=50)
        case FieldDescriptor.CPPTYPE_BOOL:
            return st.booleans()
        case FieldDescriptor.CPPTYPE_DOUBLE | FieldDescriptor.CPPTYPE_FLOAT:
            return st.floats(width=32)
        case FieldDescriptor.CPPTYPE_ENUM:
            numbers = [value.number for value in field.enum_type.values]
            return st.sampled_from([*numbers, 99])
    low, high = _WIDTHS[field.cpp_type]
    return st.sampled_from([0, 1, 8000, 16_000, high]) | st.integers(low, high)
