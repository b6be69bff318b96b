import { expect, test } from "vitest";
import { latency, spoken } from "../../src/core/hops";

function named(timelineMs: Record<string, number>): [string, number][] {
  return latency(timelineMs)?.hops.map(({ name, ms }) => [name, ms]) ?? [];
}

test("a straight turn", () => {
  const marks = { speech_ended: 0, pause: 210, committed: 380, final: 400 };
  const more = { generation_started: 401, first_token: 450, first_clause: 500, first_audio: 600 };
  expect(named({ ...marks, ...more, audible: 620, last_token: 900 })).toEqual([
    ["Noticing the pause", 210],
    ["Deciding the turn is over", 170],
    ["Understanding the end", 20],
    ["Handing over", 1],
    ["Finding words", 49],
    ["Writing the first clause", 50],
    ["Finding the voice", 100],
    ["Sending", 20],
  ]);
});

test("a turn that was begun on trust: the answer is there before the turn is over", () => {
  const marks = { speech_ended: 0, pause: 200, generation_started: 201, first_token: 250 };
  expect(named({ ...marks, first_audio: 350, committed: 450, audible: 460 })).toEqual([
    ["Noticing the pause", 200],
    ["Handing over", 1],
    ["Finding words", 49],
    ["Finding the voice", 100],
    ["Deciding the turn is over", 100],
    ["Sending", 10],
  ]);
});

test("a mark that the page does not know has a name all the same", () => {
  expect(named({ speech_ended: 0, tool_called: 300, audible: 500 })).toEqual([
    ["Tool called", 300],
    ["Sending", 200],
  ]);
});

test("the hops are as long as the whole", () => {
  const found = latency({ speech_ended: 0, first_token: 333, final: 111, audible: 444 });
  expect(found?.hops.reduce((sum, hop) => sum + hop.ms, 0)).toBe(found?.totalMs);
});

test.each([
  ["nothing was audible", { speech_ended: 0, final: 400 }],
  ["nobody spoke before, as at a greeting", { first_audio: 10, audible: 20 }],
  ["there is no mark", {}],
])("no latency where %s", (_, marks) => {
  expect(latency(marks)).toBeNull();
});

test.each([
  [0, "0 ms"],
  [640.4, "640 ms"],
  [1_000, "1.0 s"],
  [12_345, "12.3 s"],
])("%d ms is said as %j", (ms, text) => {
  expect(spoken(ms)).toBe(text);
});
