import { expect, test } from "vitest";
import { loudness, settle } from "../../src/core/level";

const at = (dbfs: number) => new Float32Array(64).fill(10 ** (dbfs / 20));

test.each([
  [-90, 0],
  [-60, 0],
  [-36, 0.5],
  [-12, 1],
  [0, 1],
])("%i dBFS reads %d", (dbfs, reading) => {
  expect(loudness(at(dbfs))).toBeCloseTo(reading, 3);
});

test("no samples are silence", () => {
  expect(loudness(new Float32Array())).toBe(0);
});

test("a meter rises at once and falls slowly, to nothing", () => {
  expect(settle(0.2, 0.9)).toBe(0.9);
  expect(settle(0.9, 0)).toBeCloseTo(0.82);
  expect(settle(0.01, 0)).toBe(0);
});
