"""A simulated appliance after two turns, as it is watched: what is scraped, traced and logged of it."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from antiphon.audio import resample
from ops.bench.services import running
from ops.sound import read_speech
from ops.talk.caller import talk
from ops.talk.exchange import RATE_HZ, Exchange
from tests.end_to_end.appliance import free_port
from tests.end_to_end.collector import Collected, Kept, collecting
from tests.end_to_end.scrape import Scrape
from tests.speech import TURNS, recording

pytestmark = [pytest.mark.slow, pytest.mark.model]

QUESTION = "turn/s2i_96e7abfd.wav"
TURNS_HELD = 2
HOPS = ("endpoint", "final", "first_token", "first_clause", "first_audio", "playout")


class Run(NamedTuple):
    """What was scraped of each process, and the events that told the caller the end of each reply."""

    server: Scrape
    asr: Scrape
    llm: Scrape
    tts: Scrape
    exchanges: list[Exchange]
    replies: list[dict[str, Any]]
    collected: Collected
    logs: dict[str, list[str]]

    @property
    def waits_ms(self) -> list[float]:
        """What the caller was told of each wait for an answer that was heard."""
        marks = [reply["antiphon"]["timeline_ms"] for reply in self.replies]
        return [each["audible"] for each in marks if "audible" in each]


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    question = recording(TURNS, QUESTION)
    with collecting() as (endpoint, collected):
        yield asyncio.run(_run(question, endpoint, collected))


async def _run(question: Path, endpoint: str, collected: Collected) -> Run:
    port = free_port()
    tables: dict[str, Any] = {
        **{name: {"engine": "simulated"} for name in ("asr", "llm", "tts")},
        "observability": {
            "metrics_address": f"127.0.0.1:{port}",
            "traces_endpoint": endpoint,
            "log_format": "json",
        },
    }
    replies: list[dict[str, Any]] = []

    def note(event: dict[str, Any]) -> None:
        if event["type"] == "response.done":
            replies.append(event["response"])

    async with running("asr", "llm", "tts", "server", **tables) as services:
        key = services.key_file.read_text().strip()
        samples = resample(*read_speech(question), RATE_HZ)
        held = [await talk(services["server"], key, samples, note) for _ in range(TURNS_HELD)]
        await asyncio.sleep(2)  # spans gather for half a second
        server, asr, llm, tts = [await asyncio.to_thread(Scrape.of, port + n) for n in range(4)]
        logs = {
            log.stem: log.read_text().splitlines()
            for log in (services.folder / "logs").glob("*.log")
        }
    return Run(server, asr, llm, tts, held, replies, collected, logs)


def test_every_turn_is_counted_and_its_hops_sum_up_to_the_wait(run: Run) -> None:
    server = run.server
    assert server.total("antiphon_turns_total") == len(run.replies) >= TURNS_HELD
    assert server.value("antiphon_turns_total", outcome="completed") >= TURNS_HELD
    assert server.value("antiphon_voice_to_voice_seconds_count") == len(run.waits_ms) >= TURNS_HELD
    waited_s = server.value("antiphon_voice_to_voice_seconds_sum")
    hops_s = sum(server.value("antiphon_hop_seconds_sum", hop=hop) for hop in HOPS)
    assert hops_s == pytest.approx(waited_s, rel=0.05)
    # The caller was told the same, in ms with one decimal.
    assert waited_s * 1000 == pytest.approx(sum(run.waits_ms), abs=1)


def test_the_gateway_tells_of_its_callers_and_engines(run: Run) -> None:
    server = run.server
    assert server.value("antiphon_sessions_max") >= 1
    # A caller whose line breaks off, as `talk`'s does, may come back for a minute.
    ended = server.total("antiphon_sessions_ended_total")
    assert server.value("antiphon_sessions") + ended == TURNS_HELD
    assert server.total("antiphon_refusals_total") == 0
    assert server.total("antiphon_engine_failures_total") == 0
    assert server.total("antiphon_speculations_total") >= TURNS_HELD
    for process in (server, run.asr, run.llm, run.tts):
        assert process.value("antiphon_event_loop_lag_seconds_count") > 50
    # No call was over WebRTC.
    assert server.total("antiphon_audio_packets_total") == 0
    assert server.value("antiphon_jitter_buffer_delay_seconds_count") == 0
    for name in (
        "antiphon_interruptions_total",
        "antiphon_engine_retries_total",
        "antiphon_apologies_total",
    ):
        assert server.total(name) >= 0


def test_recognition_tells_of_its_decodes(run: Run) -> None:
    asr = run.asr
    decodes = asr.total("antiphon_asr_decode_seconds_count")
    assert asr.value("antiphon_asr_decode_seconds_count", urgency="final") >= TURNS_HELD
    assert asr.value("antiphon_asr_decode_seconds_count", urgency="partial") >= TURNS_HELD
    assert asr.value("antiphon_asr_queue_seconds_count") == decodes
    assert asr.value("antiphon_asr_batch_size_sum") >= decodes
    assert asr.value("antiphon_asr_waiting") == 0


def test_the_language_model_tells_of_its_tokens(run: Run) -> None:
    llm = run.llm
    assert llm.value("antiphon_llm_first_token_seconds_count") >= TURNS_HELD
    assert 0 < llm.value("antiphon_llm_first_token_seconds_sum") < 10
    assert llm.value("antiphon_llm_tokens_total", kind="completion") >= TURNS_HELD
    assert llm.value("antiphon_llm_tokens_total", kind="prompt") > 0
    assert llm.value("antiphon_llm_tokens_total", kind="cached") == 0
    assert llm.value("antiphon_llm_running") == llm.value("antiphon_llm_waiting") == 0


def test_the_voice_tells_of_its_first_audio(run: Run) -> None:
    tts = run.tts
    assert tts.value("antiphon_tts_first_audio_seconds_count") >= TURNS_HELD
    assert tts.value("antiphon_tts_queue_seconds_count") > TURNS_HELD
    assert tts.value("antiphon_tts_batch_size_count") >= TURNS_HELD
    assert tts.value("antiphon_tts_waiting") == 0


def test_every_process_tells_of_its_memory_and_descriptors(run: Run) -> None:
    for process in (run.server, run.asr, run.llm, run.tts):
        assert process.value("process_resident_memory_bytes") > 10 * 1024 * 1024
        assert process.value("process_open_fds") > 3


def _said(run: Run) -> set[str]:
    said = " ".join(f"{each.heard} {each.answered}" for each in run.exchanges).lower()
    words = {word for word in re.findall(r"[a-z']+", said) if len(word) > 4}
    assert len(words) > 5
    # Words of ours that a simulated engine also says.
    return words - {"these", "words", "simulated", "engine", "engines", "moment"}


def test_no_label_holds_what_was_said(run: Run) -> None:
    values = {
        value.lower()
        for process in (run.server, run.asr, run.llm, run.tts)
        for _, labels in process.series
        for _, value in labels
    }
    assert not _said(run) & values


def _turns(run: Run) -> list[list[Kept]]:
    """Return the traces of the turns that were heard out."""
    heard_out = [each["id"] for each in run.replies if each["status"] == "completed"]
    return [
        trace
        for trace in run.collected.traces().values()
        if any(
            heard in each.attributes.get("antiphon.response_id", "")
            for each in trace
            for heard in heard_out
        )
    ]


def test_one_trace_shows_every_hop_of_a_turn_across_the_processes(run: Run) -> None:
    assert len(_turns(run)) >= TURNS_HELD
    for trace in _turns(run):
        names = {(each.service, each.span.name) for each in trace}
        assert {("server", f"hop.{hop}") for hop in HOPS} <= names
        assert {
            ("server", "turn"),
            ("asr", "asr.final"),
            ("llm", "llm.generate"),
            ("tts", "tts.synthesize"),
        } <= names
        [root] = [each.span for each in trace if each.span.name == "turn"]
        assert not root.parent_span_id
        assert {each.span.parent_span_id for each in trace if each.span is not root} == {
            root.span_id
        }


def test_the_hops_of_a_trace_are_voice_to_voice(run: Run) -> None:
    traced_ms = [
        sum(
            (each.span.end_time_unix_nano - each.span.start_time_unix_nano) / 1e6
            for each in trace
            if each.span.name.startswith("hop.")
        )
        for trace in run.collected.traces().values()
        if any(each.span.name == "hop.playout" for each in trace)
    ]
    assert sorted(traced_ms) == pytest.approx(sorted(run.waits_ms), abs=1)


def test_engines_say_what_they_took(run: Run) -> None:
    for trace in _turns(run):
        told = {each.span.name: each.attributes for each in trace}
        for name in ("asr.final", "llm.generate", "tts.synthesize"):
            assert "antiphon.compute_ms" in told[name]
        assert "antiphon.completion_tokens" in told["llm.generate"]


def test_no_span_holds_what_was_said(run: Run) -> None:
    sent = b" ".join(run.collected.raw).lower()
    assert b"antiphon.outcome" in sent
    assert not [word for word in _said(run) if word.encode() in sent]


def test_spans_that_were_sent_are_counted(run: Run) -> None:
    assert run.server.value("antiphon_spans_total", fate="sent") > 0
    assert run.server.value("antiphon_spans_total", fate="dropped") == 0


def test_every_process_logs_objects_without_what_was_said(run: Run) -> None:
    assert set(run.logs) == {"server", "asr", "llm", "tts"}
    for lines in run.logs.values():
        entries = [json.loads(line) for line in lines]
        assert any(entry["message"].startswith("serving ") for entry in entries)
        assert all({"time", "level", "logger", "message"} <= entry.keys() for entry in entries)
        written = " ".join(lines).lower()
        assert not [word for word in _said(run) if re.search(rf"\b{word}\b", written)]
