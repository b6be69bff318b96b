import { describe, expect, test } from "vitest";
import type { ServerEvent } from "../../src/core/events";
import { type Action, reduce } from "../../src/core/reducer";
import { type AgentEntry, currentReply, type Entry, INITIAL, type View } from "../../src/core/view";

const LIVE = reduce(INITIAL, { kind: "connected" }, 0);

function follow(view: View, ...events: ServerEvent[]): View {
  return events.reduce((now, event) => reduce(now, { kind: "event", event }, 0), view);
}

function at(view: View, ms: number, action: Action | ServerEvent): View {
  return reduce(view, "kind" in action ? action : { kind: "event", event: action }, ms);
}

const started: ServerEvent = { type: "input_audio_buffer.speech_started", item_id: "i" };
const stopped: ServerEvent = { type: "input_audio_buffer.speech_stopped", item_id: "i" };
const created: ServerEvent = { type: "response.created", response: { id: "r" } };

const understood = (delta: string, text: string, item_id = "i"): ServerEvent => ({
  type: "conversation.item.input_audio_transcription.delta",
  item_id,
  delta,
  antiphon: { text },
});
const final = (transcript: string, item_id = "i"): ServerEvent => ({
  type: "conversation.item.input_audio_transcription.completed",
  item_id,
  transcript,
});
const wrote = (delta: string): ServerEvent => ({
  type: "response.output_audio_transcript.delta",
  response_id: "r",
  delta,
});
const heard = (text: string): ServerEvent => ({
  type: "antiphon.response.heard",
  response_id: "r",
  text,
});
const output = (what: "started" | "stopped" | "cleared"): ServerEvent => ({
  type: `output_audio_buffer.${what}`,
  response_id: "r",
});
const done = (
  status: "completed" | "cancelled" | "failed" | "incomplete",
  more: object = {},
): ServerEvent => ({ type: "response.done", response: { id: "r", status, ...more } });

const only = (view: View): Entry | undefined => view.entries[0];
const reply = (view: View): AgentEntry | undefined =>
  view.entries.find((entry): entry is AgentEntry => entry.speaker === "agent");

describe("the caller's line", () => {
  test("is there as soon as speech is heard", () => {
    const view = follow(LIVE, started);
    expect(view.hearing).toBe(true);
    expect(only(view)).toEqual({ speaker: "caller", id: "i", text: "", stable: 0, settled: false });
  });

  test("grows by what is stable, and shows what is not beside it", () => {
    const view = follow(LIVE, started, understood("", "Good"), understood("Good ", "Good morning"));
    expect(only(view)).toMatchObject({ text: "Good morning", stable: 5, settled: false });
  });

  test("takes plain deltas of a server that tells no hypothesis", () => {
    const plain = (delta: string): ServerEvent => ({
      type: "conversation.item.input_audio_transcription.delta",
      item_id: "i",
      delta,
    });
    expect(only(follow(LIVE, plain("Good "), plain("morning")))).toMatchObject({
      text: "Good morning",
      stable: 12,
    });
  });

  test("settles with the final words", () => {
    const view = follow(
      LIVE,
      started,
      understood("", "Good mourning"),
      stopped,
      final(" Good morning. "),
    );
    expect(only(view)).toMatchObject({ text: "Good morning.", stable: 13, settled: true });
    expect(view.hearing).toBe(false);
  });

  test("goes on when its turn is taken back", () => {
    const view = follow(
      LIVE,
      started,
      final("I would like"),
      started,
      understood("", "I would like to"),
    );
    expect(view.entries).toHaveLength(1);
    expect(only(view)).toMatchObject({ text: "I would like to", stable: 12, settled: false });
  });

  test.each<[string, ServerEvent]>([
    ["nothing was said", final("  ")],
    [
      "it could not be transcribed",
      { type: "conversation.item.input_audio_transcription.failed", item_id: "i" },
    ],
    ["its item is deleted", { type: "conversation.item.deleted", item_id: "i" }],
    ["the buffer is cleared", { type: "input_audio_buffer.cleared" }],
  ])("goes where %s", (_, event) => {
    expect(follow(LIVE, started, stopped, event).entries).toEqual([]);
  });

  test("stays where another one is cleared", () => {
    const view = follow(LIVE, final("Yes.", "a"), started, { type: "input_audio_buffer.cleared" });
    expect(view.entries.map((entry) => entry.id)).toEqual(["a"]);
  });
});

describe("a reply", () => {
  const SPEAKING = at(
    follow(LIVE, created, wrote("One two "), wrote("three four.")),
    1_000,
    output("started"),
  );

  test("is hidden until it is heard", () => {
    expect(reply(follow(LIVE, created, wrote("One two")))).toMatchObject({
      text: "One two",
      heard: 0,
      delivery: "waiting",
    });
    expect(reply(SPEAKING)).toMatchObject({ heard: 0, delivery: "playing", startedMs: 1_000 });
  });

  test("is revealed by what the server says was heard", () => {
    const view = at(follow(SPEAKING, heard("One two")), 9_000, { kind: "tick" });
    expect(reply(view)).toMatchObject({ heard: 7, told: true });
  });

  test("is not revealed by what is not its beginning", () => {
    expect(reply(follow(SPEAKING, heard("Three")))).toMatchObject({ heard: 0, told: false });
  });

  test("is else revealed by the time", () => {
    expect(reply(at(SPEAKING, 1_500, { kind: "tick" }))?.heard).toBe(7);
    expect(reply(at(SPEAKING, 9_000, { kind: "tick" }))?.heard).toBe(19);
  });

  test("needs no new view where the time reveals nothing", () => {
    expect(at(SPEAKING, 1_001, { kind: "tick" })).toBe(SPEAKING);
  });

  test("was heard whole when its sound stops", () => {
    const view = at(follow(SPEAKING, done("completed")), 3_000, output("stopped"));
    expect(reply(view)).toMatchObject({ heard: 19, delivery: "heard", written: true });
    expect(currentReply(view)).toBeUndefined();
  });

  test("teaches the pace of the voice", () => {
    const text = "x".repeat(200);
    const view = at(follow(LIVE, created, wrote(text)), 0, output("started"));
    expect(at(view, 10_000, output("stopped")).pace).toBe(17.5);
  });

  test("keeps what was heard when it is interrupted", () => {
    const view = at(follow(SPEAKING, heard("One two three")), 1_200, output("cleared"));
    expect(reply(view)).toMatchObject({ heard: 13, delivery: "interrupted" });
    expect(reply(follow(view, done("cancelled")))).toMatchObject({ delivery: "interrupted" });
  });

  test("keeps what must have been heard where nobody told", () => {
    expect(reply(at(SPEAKING, 1_500, output("cleared")))).toMatchObject({ heard: 7 });
  });

  test("that was never audible never was", () => {
    expect(follow(LIVE, created, wrote("One"), done("cancelled")).entries).toEqual([]);
  });

  test("without a word, such as a call of a tool, leaves no line", () => {
    expect(follow(LIVE, created, done("completed")).entries).toEqual([]);
  });

  test("in writing is there to be read at once", () => {
    const text: ServerEvent = {
      type: "response.output_text.delta",
      response_id: "r",
      delta: "One",
    };
    const view = follow(LIVE, created, text);
    expect(reply(view)).toMatchObject({ heard: 3 });
    expect(reply(follow(view, done("completed")))).toMatchObject({ delivery: "heard" });
  });

  test("that is written before its first sound still waits for it", () => {
    expect(reply(follow(LIVE, created, wrote("One"), done("completed")))?.delivery).toBe("waiting");
  });

  test("that failed says why", () => {
    const view = follow(
      LIVE,
      created,
      done("failed", { status_details: { error: { message: "No." } } }),
    );
    expect(reply(view)).toMatchObject({ delivery: "failed", failure: "No." });
  });

  test("tells where its time went", () => {
    const antiphon = { timeline_ms: { speech_ended: 0, audible: 500 } };
    expect(reply(follow(SPEAKING, done("completed", { antiphon })))?.timelineMs).toEqual({
      speech_ended: 0,
      audible: 500,
    });
  });

  test("that nobody knows changes nothing", () => {
    expect(
      follow(LIVE, output("started"), wrote("x"), heard("x"), done("completed")).entries,
    ).toEqual([]);
  });
});

describe("the activity", () => {
  test("follows from the events", () => {
    const steps: [ServerEvent, View["activity"]][] = [
      [started, "listening"],
      [stopped, "thinking"],
      [started, "listening"],
      [stopped, "thinking"],
      [final("Yes."), "thinking"],
      [created, "thinking"],
      [wrote("One"), "thinking"],
      [output("started"), "speaking"],
      [{ ...started, item_id: "j" }, "speaking"],
      [done("completed"), "speaking"],
      [output("stopped"), "listening"],
    ];
    let view = LIVE;
    for (const [event, activity] of steps) {
      view = follow(view, event);
      expect([event.type, view.activity]).toEqual([event.type, activity]);
    }
  });

  test.each<[string, ServerEvent[]]>([
    ["nothing was said", [started, stopped, final("")]],
    ["the reply is taken back", [started, stopped, created, done("cancelled")]],
    ["the reply is interrupted", [created, output("started"), output("cleared")]],
    [
      "the transcription failed",
      [stopped, { type: "conversation.item.input_audio_transcription.failed", item_id: "i" }],
    ],
    ["the buffer is cleared", [stopped, { type: "input_audio_buffer.cleared" }]],
  ])("is listening after %s", (_, events) => {
    expect(follow(LIVE, ...events).activity).toBe("listening");
  });

  test("is the server's word once it has given one", () => {
    const view = follow(LIVE, { type: "antiphon.state", state: "thinking" }, output("started"));
    expect(view.activity).toBe("thinking");
  });

  test("is not a word that the page does not know", () => {
    const view = follow(LIVE, { type: "antiphon.state", state: "dreaming" }, output("started"));
    expect(view.activity).toBe("speaking");
  });
});

describe("the call", () => {
  const session = (id: string, resume_token: string): ServerEvent => ({
    type: "session.created",
    session: { id, antiphon: { resume_token } },
  });
  const SAID = follow(LIVE, session("s", "rt_1"), final("Yes."));

  test("takes its steps", () => {
    expect(at(INITIAL, 0, { kind: "dialling" }).line).toBe("connecting");
    expect(LIVE.line).toBe("live");
    expect(at(LIVE, 0, { kind: "lost" }).line).toBe("reconnecting");
    expect(at(LIVE, 0, { kind: "hung-up" }).line).toBe("ended");
  });

  test("remembers by what it can be resumed, until it is hung up", () => {
    expect(at(SAID, 0, { kind: "lost" }).resumeToken).toBe("rt_1");
    expect(follow(SAID, session("s", "rt_2")).resumeToken).toBe("rt_2");
    expect(at(SAID, 0, { kind: "hung-up" }).resumeToken).toBeNull();
  });

  test("that is resumed goes on in the same transcript", () => {
    expect(follow(SAID, session("s", "rt_2")).entries).toHaveLength(1);
  });

  test("that could not be resumed shows where the next begins", () => {
    expect(follow(SAID, session("t", "rt_2")).entries.at(-1)).toMatchObject({ speaker: "nobody" });
    expect(follow(LIVE, session("s", "rt"), session("t", "rt")).entries).toEqual([]);
  });

  test("that breaks off keeps what was said and heard so far", () => {
    const view = follow(
      SAID,
      { ...started, item_id: "j" },
      understood("", "And", "j"),
      created,
      wrote("One two"),
      output("started"),
      heard("One"),
    );
    expect(at(view, 0, { kind: "lost" })).toMatchObject({
      hearing: false,
      entries: [{ id: "i" }, { text: "And", settled: true }, { heard: 3, delivery: "interrupted" }],
    });
  });

  test("that breaks off keeps nothing of what was only begun", () => {
    const view = follow(LIVE, started, created, wrote("One"));
    expect(at(view, 0, { kind: "lost" }).entries).toEqual([]);
  });

  test("can be muted, and that ends with it", () => {
    const muted = at(LIVE, 0, { kind: "muted", muted: true });
    expect(muted.muted).toBe(true);
    expect(at(muted, 0, { kind: "lost" }).muted).toBe(true);
    expect(at(muted, 0, { kind: "hung-up" }).muted).toBe(false);
  });

  test("its transcript can be cleared", () => {
    expect(at(SAID, 0, { kind: "wiped" }).entries).toEqual([]);
  });
});

describe("a problem", () => {
  test("is shown until it is dismissed, or another try is made", () => {
    const view = at(INITIAL, 0, { kind: "problem", problem: { kind: "unreachable" } });
    expect(view.problem).toEqual({ kind: "unreachable" });
    expect(at(view, 0, { kind: "dismissed" }).problem).toBeNull();
    expect(at(view, 0, { kind: "dialling" }).problem).toBeNull();
  });

  test("that the server reports is told in its words", () => {
    const view = follow(LIVE, { type: "error", error: { code: "x", message: "Too long." } });
    expect(view.problem).toEqual({ kind: "said", message: "Too long." });
  });

  test.each([
    ["a reply had ended when it was to be cancelled", "response_cancel_not_active"],
    ["a reply was asked for already", "conversation_already_has_active_response"],
  ])("is not that %s", (_, code) => {
    const error = { code, message: "None." };
    expect(follow(LIVE, { type: "error", error }).problem).toBeNull();
  });
});

test("a page that is left in a call does not grow for ever", () => {
  const lines = Array.from({ length: 1_001 }, (_, at) => final("Yes.", `item ${at}`));
  const { entries } = follow(LIVE, ...lines);
  expect(entries).toHaveLength(1_000);
  expect(entries.at(-1)?.id).toBe("item 1000");
});

test("what the page has no use for changes nothing", () => {
  const event = { type: "rate_limits.updated", rate_limits: [] } as unknown as ServerEvent;
  expect(follow(LIVE, event)).toEqual(LIVE);
});
