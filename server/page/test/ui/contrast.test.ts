/** The colours, by the formulas of WCAG 2.2. */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const TOKENS = new Map(
  [
    ...readFileSync("src/style/tokens.css", "utf8").matchAll(
      /--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g,
    ),
  ].map(([, name = "", light = "", dark = ""]) => [name, [light, dark] as const]),
);

const TEXT = 4.5;
const GRAPHICS = 3;

const PAIRS: [string, string, number][] = [
  ...["ink", "soft", "caller", "agent", "alarm"].map((name): [string, string, number] => [
    name,
    "paper",
    TEXT,
  ]),
  ...["ink", "soft"].map((name): [string, string, number] => [name, "surface", TEXT]),
  ["on-agent", "agent", TEXT],
  ["on-agent", "agent-strong", TEXT],
  ["soft", "edge", TEXT],
  ["ink", "edge", TEXT],
  ["ink", "alarm-paper", TEXT],
  ["alarm", "alarm-paper", GRAPHICS],
  ["alarm", "surface", GRAPHICS],
  ["caller", "surface", GRAPHICS],
  ["surface", "alarm", GRAPHICS],
  ["paper", "ink", GRAPHICS],
  ["control", "paper", GRAPHICS],
  ["control", "surface", GRAPHICS],
  ["thinking", "paper", GRAPHICS],
  ...[...TOKENS.keys()]
    .filter((name) => name.startsWith("hop-"))
    .map((name): [string, string, number] => [name, "paper", GRAPHICS]),
];

describe.each([
  ["light", 0],
  ["dark", 1],
] as const)("%s", (_, theme) => {
  test.each(PAIRS)("%s on %s has a contrast of at least %d", (front, back, least) => {
    expect(contrast(colour(front, theme), colour(back, theme))).toBeGreaterThanOrEqual(least);
  });
});

function colour(name: string, theme: 0 | 1): string {
  const found = TOKENS.get(name);
  if (found === undefined) throw new Error(`no colour ${name}`);
  return found[theme];
}

function contrast(one: string, other: string): number {
  const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
