from __future__ import annotations

import json

import pytest
from openai.types import realtime as oai

from antiphon.errors import AntiphonError, InvalidInput, NotFound, Unavailable
from server.realtime import server_events


def test_identifiers_say_what_they_are_for_and_differ() -> None:
    ids = {server_events.new_id("item") for _ in range(100)}
    assert len(ids) == 100
    assert all(each.startswith("item_") for each in ids)


def test_an_event_has_its_type_and_an_id_of_its_own() -> None:
    made = [server_events.make(oai.OutputAudioBufferClearEvent, colour="red") for _ in range(2)]
    assert made[0].type == "output_audio_buffer.clear"
    assert made[0].event_id != made[1].event_id
    told = json.loads(server_events.to_json(made[0]))
    assert told["colour"] == "red"


def test_what_is_not_known_is_not_sent() -> None:
    problem = server_events.error(Unavailable("down"))
    assert json.loads(server_events.to_json(problem))["error"] == {
        "type": "server_error",
        "code": "unavailable",
        "message": "down",
    }


@pytest.mark.parametrize(
    ("problem", "kind"),
    [
        (InvalidInput("x"), "invalid_request_error"),
        (NotFound("x"), "invalid_request_error"),
        (Unavailable("x"), "server_error"),
        (AntiphonError("x"), "server_error"),
    ],
)
def test_an_error_says_whose_mistake_it_is(problem: AntiphonError, kind: str) -> None:
    assert server_events.error(problem).error.type == kind


def test_an_error_names_parameter_and_event() -> None:
    problem = InvalidInput("x", reason="INVALID_FIELD", param="session", event_id="mine")
    error = server_events.error(problem).error
    assert (error.code, error.param, error.event_id) == ("invalid_field", "session", "mine")


@pytest.mark.parametrize(
    ("reason", "param"),
    [
        ("LANGUAGE", "session.audio.input.transcription.language"),
        ("SIMULATION", "session.antiphon.simulation"),
        ("ODD", None),
    ],
)
def test_what_the_recogniser_refuses_is_named_as_its_client_knows_it(
    reason: str, param: str | None
) -> None:
    assert server_events.error(InvalidInput("x", reason=reason)).error.param == param


@pytest.mark.parametrize("now", ["listening", "thinking", "speaking", "ended"])
def test_the_agents_state_is_an_event_of_our_own(now: str) -> None:
    told = json.loads(server_events.to_json(server_events.state(now)))
    assert told.pop("event_id").startswith("event_")
    assert told == {"type": "antiphon.state", "state": now}


def test_what_was_heard_is_an_event_of_our_own() -> None:
    event = server_events.make(
        server_events.HeardEvent, response_id="resp_1", item_id="item_1", text="Good"
    )
    assert (event.type, event.text) == ("antiphon.response.heard", "Good")


def test_details_are_the_same_wherever_a_problem_is_told() -> None:
    told = server_events.details(InvalidInput("x", reason="NO_WAY"))
    assert told == {"type": "invalid_request_error", "code": "no_way", "message": "x"}
