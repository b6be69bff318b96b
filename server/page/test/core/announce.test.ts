import { expect, test } from "vitest";
import { announcement } from "../../src/core/announce";
import { INITIAL } from "../../src/core/view";
import { STORY, viewAt } from "../story";

test("the story is read out line by line, each once it stands", () => {
  const times = [0, ...STORY.map(([atMs]) => atMs)].sort((a, b) => a - b);
  const said = times.slice(1).map((atMs, index) => {
    const beforeMs = times[index] ?? 0;
    return announcement(viewAt(beforeMs), viewAt(atMs));
  });
  expect(said.filter((text) => text !== "")).toEqual([
    "You: Good morning, I'd like to see Dr. Okafor this week.",
    expect.stringMatching(/^Antiphon: Of course\. Doctor Okafor .* quarter to four\.$/),
    "You: The later one, please.",
    expect.stringMatching(/^Antiphon, interrupted: A quarter to four .* referral letter,$/),
  ]);
});

test.each([
  ["connecting", "Connecting"],
  ["live", "Connected. Speak when you like."],
  ["reconnecting", "The line dropped. Reconnecting."],
  ["ended", "The conversation has ended."],
] as const)("the line is %s: %j", (line, text) => {
  expect(announcement(INITIAL, { ...INITIAL, line })).toBe(text);
});

test("muting is confirmed", () => {
  const muted = { ...INITIAL, muted: true };
  expect(announcement(INITIAL, muted)).toBe("Muted");
  expect(announcement(muted, INITIAL)).toBe("Unmuted");
});

test("a line that is said twice is read out twice", () => {
  const yes = { speaker: "caller", text: "Yes.", stable: 4, settled: true } as const;
  const once = { ...INITIAL, entries: [{ ...yes, id: "a" }] };
  const twice = { ...INITIAL, entries: [...once.entries, { ...yes, id: "b" }] };
  expect(announcement(once, twice)).toBe("You: Yes.");
});

test("a failure and a new beginning are told", () => {
  const failed = viewAt(3_600).entries.map((entry) =>
    entry.speaker === "agent" ? { ...entry, delivery: "failed" as const } : entry,
  );
  expect(announcement(viewAt(3_600), { ...viewAt(3_600), entries: failed })).toBe(
    "Antiphon could not answer.",
  );
  const begun = { ...INITIAL, entries: [{ speaker: "nobody", id: "x" }] } as const;
  expect(announcement(INITIAL, begun)).toBe("A new conversation has begun.");
});
