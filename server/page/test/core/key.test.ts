import { expect, test } from "vitest";
import { isValid, readKey, recall, renewInMs, takeToken } from "../../src/core/key";

test.each([
  ["#token=abc", "abc", ""],
  ["#token=abc&view=1", "abc", "#view=1"],
  ["#view=1", null, "#view=1"],
  ["#token=", null, "#token="],
  ["", null, ""],
])("the address %j holds the token %j", (hash, token, rest) => {
  expect(takeToken(hash)).toEqual({ token, rest });
});

const NOW = Date.parse("2026-11-26T08:00:00Z");

test("a key lives as long as the gateway says, whatever this machine's clock shows", () => {
  const body = { value: "ek_1", expires_at: Date.parse("2026-01-01T00:10:00Z") / 1000 };
  const key = readKey(body, "Thu, 01 Jan 2026 00:00:00 GMT", NOW);
  expect(key).toEqual({ value: "ek_1", expiresMs: NOW + 600_000 });
});

test("without the gateway's clock, this machine's has to do", () => {
  const body = { value: "ek_1", expires_at: NOW / 1000 + 60 };
  expect(readKey(body, null, NOW)?.expiresMs).toBe(NOW + 60_000);
});

test.each([null, "ek_1", {}, { value: "ek_1" }, { expires_at: 1 }, { value: 1, expires_at: 1 }])(
  "%j is no key",
  (body) => {
    expect(readKey(body, null, NOW)).toBeNull();
  },
);

test("a key is kept as text", () => {
  const key = { value: "ek_1", expiresMs: NOW };
  expect(recall(JSON.stringify(key))).toEqual(key);
});

test.each([null, "", "{", "null", "3", '{"value":"ek_1"}'])("%j keeps no key", (kept) => {
  expect(recall(kept)).toBeNull();
});

test("a key is not used in its last seconds, and renewed in the middle of its life", () => {
  const key = { value: "ek_1", expiresMs: NOW + 60_000 };
  expect(isValid(key, NOW)).toBe(true);
  expect(isValid(key, NOW + 54_999)).toBe(true);
  expect(isValid(key, NOW + 55_000)).toBe(false);
  expect(renewInMs(key, NOW)).toBe(30_000);
  expect(renewInMs(key, NOW + 70_000)).toBe(0);
});
