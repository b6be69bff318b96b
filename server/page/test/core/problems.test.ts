import { expect, test } from "vitest";
import { microphoneProblem, mustWait, type Problem, words } from "../../src/core/problems";
import { refusal } from "../../src/core/refusal";

test.each([
  ["NotAllowedError", "microphone-denied"],
  ["SecurityError", "microphone-denied"],
  ["NotFoundError", "microphone-absent"],
  ["OverconstrainedError", "microphone-absent"],
  ["NotReadableError", "microphone-busy"],
  ["AbortError", "microphone-busy"],
])("getUserMedia's %s is %s", (name, kind) => {
  expect(microphoneProblem(name).kind).toBe(kind);
});

const KINDS = [
  "insecure",
  "unsupported",
  "microphone-denied",
  "microphone-absent",
  "microphone-busy",
  "key-missing",
  "token-refused",
  "key-refused",
  "unreachable",
  "no-media",
  "line-lost",
] as const;

test.each(KINDS)("%s is told in a sentence or two", (kind) => {
  const { title, advice } = words({ kind } as Problem, 0);
  expect(title).toMatch(/^[A-Z].*[^.]$/);
  expect(advice).toMatch(/^[A-Z].*\.$/);
});

test("a full gateway: the wait is counted down, and then one may start again", () => {
  const full: Problem = { kind: "full", untilMs: 10_000 };
  expect(
    [0, 9_001, 10_000].map((nowMs) => [words(full, nowMs).advice, mustWait(full, nowMs)]),
  ).toEqual([
    ["A line may be free in 10 seconds.", true],
    ["A line may be free in 1 second.", true],
    ["A line may be free now.", false],
  ]);
  expect(mustWait({ kind: "unreachable" }, 0)).toBe(false);
});

test("the gateway's own words are passed on", () => {
  expect(words({ kind: "refused", message: "No audio in the offer." }, 0).advice).toBe(
    "No audio in the offer.",
  );
  expect(words({ kind: "said", message: "Too fast." }, 0).advice).toBe("Too fast.");
});

test.each([
  [401, "key-refused"],
  [403, "key-refused"],
  [500, "unreachable"],
  [502, "unreachable"],
])("HTTP %i is %s", (status, kind) => {
  expect(refusal(status, null, "", 0)).toEqual({ kind });
});

test.each([
  ["12", 12_000],
  ["0", 0],
  ["100000", 300_000],
  [null, 5_000],
  ["", 5_000],
  ["Wed, 21 Oct 2026 07:28:00 GMT", 5_000],
  ["-3", 5_000],
])("a full gateway's Retry-After of %j is %i ms", (header, ms) => {
  expect(refusal(503, header, "", 1_000)).toEqual({ kind: "full", untilMs: 1_000 + ms });
});

test.each([
  ['{"error":{"message":"No audio."}}', "No audio."],
  ['{"error":{}}', "It answered with HTTP status 400."],
  ["<html>", "It answered with HTTP status 400."],
  ["null", "It answered with HTTP status 400."],
])("the message in %j is %j", (body, message) => {
  expect(refusal(400, null, body, 0)).toEqual({ kind: "refused", message });
});
