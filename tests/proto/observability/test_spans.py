from __future__ import annotations

from time import time_ns

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.observability.spans import TraceContext, new_trace, of, parse, wall_ns

# The example of W3C Trace Context, section 3.2.
EXAMPLE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_a_traceparent_is_read_as_the_specification_has_it() -> None:
    context = parse(EXAMPLE)
    assert context == TraceContext(0x4BF92F3577B34DA6A3CE929D0E0E4736, 0x00F067AA0BA902B7)
    assert context.header == EXAMPLE


@given(st.integers(1, 2**128 - 1), st.integers(1, 2**64 - 1))
def test_what_is_written_can_be_read(trace_id: int, span_id: int) -> None:
    context = TraceContext(trace_id, span_id)
    assert parse(context.header) == context
    assert of([("other", "x"), *context.metadata]) == context


@pytest.mark.parametrize(
    "header",
    [
        "",
        "tangerine marmalade",
        EXAMPLE.upper(),
        f"{EXAMPLE}-more",
        f"00-{0:032x}-00f067aa0ba902b7-01",
        f"00-4bf92f3577b34da6a3ce929d0e0e4736-{0:016x}-01",
        EXAMPLE[:-1],
    ],
)
def test_anything_else_is_no_context(header: str) -> None:
    assert parse(header) is None
    assert of([("traceparent", header)]) is None


def test_a_call_need_not_be_part_of_a_trace() -> None:
    assert of(None) is None
    assert of([("traceparent", b"\0")]) is None


def test_a_child_is_another_span_of_the_same_trace() -> None:
    parent = new_trace()
    child = parent.child()
    assert child.trace_id == parent.trace_id
    assert len({child.span_id, parent.span_id, parent.child().span_id}) == 3
    assert new_trace().trace_id != parent.trace_id


def test_a_moment_of_any_clock_is_told_in_the_walls_time() -> None:
    before = time_ns()
    found = wall_ns(at_s=7.5, now_s=10.0)
    assert before - 2_500_000_000 <= found <= time_ns() - 2_500_000_000
