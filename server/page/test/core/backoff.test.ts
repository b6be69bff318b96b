import { expect, test } from "vitest";
import { delayMs, RESUME_WINDOW_MS } from "../../src/core/backoff";

test("the first try comes at once, the others ever later, up to a bound", () => {
  const delays = [0, 1, 2, 3, 4, 5, 6, 7].map((tries) => delayMs(tries, 0, 0));
  expect(delays).toEqual([0, 500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000]);
});

test("they are spread by a quarter", () => {
  expect(delayMs(3, 0, 0.999)).toBe(2_500);
});

test("a full gateway's own word counts where it is later", () => {
  expect(delayMs(2, 0, 0, 7_000)).toBe(7_000);
  expect(delayMs(5, 0, 0, 7_000)).toBe(8_000);
});

test("it ends when the gateway has forgotten the conversation", () => {
  expect(delayMs(9, RESUME_WINDOW_MS - 1, 0)).toBe(8_000);
  expect(delayMs(9, RESUME_WINDOW_MS, 0)).toBeNull();
});
