import { expect, test } from "vitest";
import { interruption, newSession, turnEnded, turnsUpdate } from "../../src/core/session";

test("a new call leaves the turns to the gateway", () => {
  expect(newSession(false, null)).toEqual({
    type: "realtime",
    audio: { input: { turn_detection: { type: "semantic_vad" } } },
    antiphon: { events: true },
  });
});

test("a call that resumes says what it resumes", () => {
  expect(newSession(true, "rt_1")).toEqual({
    type: "realtime",
    audio: { input: { turn_detection: null } },
    antiphon: { events: true, resume_token: "rt_1" },
  });
});

test("the turns can change hands during a call", () => {
  expect(turnsUpdate(true)).toEqual({
    type: "session.update",
    session: { type: "realtime", audio: { input: { turn_detection: null } } },
  });
});

test("a turn that ended here is committed and answered at once, whatever was on its way", () => {
  expect(turnEnded()).toEqual([
    { type: "input_audio_buffer.commit" },
    { type: "output_audio_buffer.clear" },
    { type: "response.create" },
  ]);
});

test("a reply to less of a turn gives way to one to all of it", () => {
  expect(turnEnded(false)).toEqual([
    { type: "input_audio_buffer.commit" },
    { type: "response.cancel" },
    { type: "output_audio_buffer.clear" },
    { type: "response.create" },
  ]);
});

test("a reply that is written already is only silenced", () => {
  const clear = { type: "output_audio_buffer.clear" };
  expect(interruption(false)).toEqual([{ type: "response.cancel" }, clear]);
  expect(interruption(true)).toEqual([clear]);
});
