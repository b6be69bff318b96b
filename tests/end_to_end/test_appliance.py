"""The whole appliance with real engines and a human voice, through the commands that people use."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Iterator

import psutil
import pytest

from tests.end_to_end.appliance import Appliance, appliance, json_of
from tests.speech import TURNS, recording, wrong_percent

QUESTION = "turn/s2i_96e7abfd.wav"
SAID = "May I have a 12 ounce mocha with whole milk and some sweetener?"

pytestmark = [pytest.mark.slow, pytest.mark.model]


@pytest.fixture(scope="module")
def running() -> Iterator[Appliance]:
    with appliance() as started:
        yield started


def test_up_proves_itself_and_tells_where_it_serves(running: Appliance) -> None:
    assert re.search(r"heard +\S", running.output)
    assert re.search(r"answered +\S", running.output)
    assert "voice to voice" in running.output
    for service in ("asr", "llm", "tts", "server"):
        assert re.search(rf"^{service} +ready in", running.output, re.MULTILINE)


def test_a_human_question_is_heard_and_answered_in_speech(running: Appliance) -> None:
    answer = running.folder / "answer.wav"
    question = str(recording(TURNS, QUESTION))
    said = json_of(running.command("talk", question, "--answer", str(answer), "--json"))
    assert wrong_percent(SAID, said["heard"]) <= 20
    assert said["first_partial_ms"] < said["speech_ended_ms"]
    marks = said["timeline_ms"]
    # What was begun on trust at the pause goes its way while it is decided whether the turn is over.
    for order in (
        ("speech_ended", "committed", "final", "audible"),
        ("speech_ended", "generation_started", "first_token", "first_audio", "audible"),
    ):
        assert [marks[name] for name in order] == sorted(marks[name] for name in order)
    if len(re.findall(r"[.!?](?:\s|$)", said["answered"])) >= 2:
        assert marks["first_audio"] < marks["last_token"]
    written = running.command("transcribe", str(answer))
    assert written.returncode == 0, written.stderr
    # It answers what it likes, rare words among it: test_spoken_answer.py holds 10%.
    assert wrong_percent(said["answered"], written.stdout) <= 40


def test_status_names_every_service(running: Appliance) -> None:
    told = running.command("status")
    assert told.returncode == 0, told.stderr
    assert all(word in told.stdout for word in ("asr", "llm", "tts", "server"))


def test_nothing_that_was_said_is_in_any_log(running: Appliance) -> None:
    question = str(recording(TURNS, QUESTION))
    said = json_of(running.command("talk", question, "--json"))
    logs = running.logs().lower()
    assert "serving" in logs
    for text in (said["heard"], said["answered"]):
        words = text.lower().split()
        phrases = {" ".join(words[i : i + 3]) for i in range(len(words) - 2)}
        assert not [phrase for phrase in phrases if phrase in logs]


def test_a_killed_voice_is_told_in_a_line_and_comes_back(running: Appliance) -> None:
    running.children()["inference.tts"].send_signal(signal.SIGKILL)
    failed = running.command("say", "hello", "--out", str(running.folder / "x.wav"))
    if failed.returncode:  # else it was back already
        assert len(failed.stderr.strip().splitlines()) == 1
        assert "Traceback" not in failed.stderr
    assert not (running.folder / "x.wav").exists() or not failed.returncode
    deadline = time.monotonic() + 60
    while running.command("say", "hello", "--out", str(running.folder / "y.wav")).returncode:
        assert time.monotonic() < deadline, running.command("status").stdout


def test_ctrl_c_leaves_nothing_behind(running: Appliance) -> None:
    children = list(running.children().values())
    assert len(children) >= 4
    assert running.stop() == 0
    assert not [child for child in children if psutil.pid_exists(child.pid)]
    assert "stopped" in running.output
    assert not list(running.folder.rglob("*.sock"))
