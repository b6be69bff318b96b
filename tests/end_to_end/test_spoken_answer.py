"""What the appliance says in a conversation can be understood: its ears write down what its voice spoke.

The model that answers is simulated, and says the same plain words each time. One of 135M parameters says
what it likes, and in a short answer one rare word alone would be more than 10%.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.end_to_end.appliance import Appliance, appliance, json_of
from tests.speech import TURNS, recording, wrong_percent

QUESTION = "turn/s2i_96e7abfd.wav"
# 67 words; the voice draws its rhythm at random, and 0 to 2 of them were taken for others.
ANSWER = (
    "Yes, of course. We open at nine in the morning and close at six in the evening, every day but Sunday. "
    "If you come by car, please use the door behind the house, because the street in front is closed this "
    "week. Bring a card with your name on it, and ask for me at the desk when you arrive. "
    "The visit takes about half an hour."
)
WRONG_PERCENT = 10

pytestmark = [pytest.mark.slow, pytest.mark.model]


@pytest.fixture(scope="module")
def running() -> Iterator[Appliance]:
    with appliance(
        f'[llm]\nengine = "simulated"\nsimulated.replies = {json.dumps([ANSWER])}'
    ) as one:
        yield one


def test_an_answer_to_a_human_question_is_understood(running: Appliance) -> None:
    question, answer = str(recording(TURNS, QUESTION)), str(running.folder / "answer.wav")
    said = json_of(running.command("talk", question, "--answer", answer, "--json"))
    assert said["answered"] == ANSWER
    written = running.command("transcribe", answer)
    assert wrong_percent(ANSWER, written.stdout) <= WRONG_PERCENT


def test_what_it_is_told_to_say_is_understood(running: Appliance) -> None:
    file = str(running.folder / "said.wav")
    assert running.command("say", ANSWER, "--out", file).returncode == 0
    assert wrong_percent(ANSWER, running.command("transcribe", file).stdout) <= WRONG_PERCENT
