import { expect, test } from "vitest";
import { command, type Press } from "../../src/core/keyboard";
import type { Line } from "../../src/core/view";

const SPACE: Press = { key: " ", repeat: false, modified: false, target: "BODY", overlaid: false };
const ESCAPE: Press = { ...SPACE, key: "Escape" };

test.each<[Line, string | null, string | null]>([
  ["idle", "start", null],
  ["ended", "start", null],
  ["connecting", null, null],
  ["live", "mute", "interrupt"],
  ["reconnecting", null, null],
])("%s: Space is %s, Escape %s", (line, onSpace, onEscape) => {
  expect(command(SPACE, line)).toBe(onSpace);
  expect(command(ESCAPE, line)).toBe(onEscape);
});

test.each(["BUTTON", "SELECT", "INPUT"])("Space on a %s is that control's own", (target) => {
  expect(command({ ...SPACE, target }, "live")).toBeNull();
});

test.each([
  ["that is held down", { repeat: true }],
  ["with Control", { modified: true }],
])("a key %s does nothing", (_, change) => {
  expect(command({ ...SPACE, ...change }, "live")).toBeNull();
  expect(command({ ...ESCAPE, ...change }, "live")).toBeNull();
});

test("Escape closes what is open before it interrupts", () => {
  expect(command({ ...ESCAPE, overlaid: true }, "live")).toBeNull();
});

test("other keys do nothing", () => {
  expect(command({ ...SPACE, key: "a" }, "live")).toBeNull();
});
