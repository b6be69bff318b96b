import { expect, test } from "vitest";
import { heardChars, measuredPace, ORDINARY_PACE, wholeWords } from "../../src/core/reveal";

const TEXT = "One two three.";

test.each([
  [0, ""],
  [2, ""],
  [3, "One"],
  [6, "One"],
  [7, "One two"],
  [13, "One two"],
  [14, "One two three."],
  [99, "One two three."],
  [-1, ""],
])("%i characters hold these whole words: %j", (chars, words) => {
  expect(TEXT.slice(0, wholeWords(TEXT, chars))).toBe(words);
});

test("what was heard grows with the time", () => {
  expect(TEXT.slice(0, heardChars(TEXT, 500, ORDINARY_PACE))).toBe("One two");
  expect(TEXT.slice(0, heardChars(TEXT, 1_000, ORDINARY_PACE))).toBe(TEXT);
});

test("a reply that was played whole teaches the pace of its voice", () => {
  const once = measuredPace(15, 190, 10_000);
  expect(once).toBe(17);
  expect(measuredPace(once, 190, 10_000)).toBe(18);
});

test.each([
  ["short", 12, 600],
  ["stalled", 100, 60_000],
  ["cut", 100, 500],
  ["without a beginning", 100, 0],
])("a reply that was %s teaches nothing", (_, chars, ms) => {
  expect(measuredPace(15, chars, ms)).toBe(15);
});
