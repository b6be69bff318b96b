/** What a screen reader is told: what happened to the call, and each line once it stands. Pure. */

import type { Entry, Line, View } from "./view";

const LINES: Readonly<Record<Line, string>> = {
  idle: "",
  connecting: "Connecting",
  live: "Connected. Speak when you like.",
  reconnecting: "The line dropped. Reconnecting.",
  ended: "The conversation has ended.",
};

/** Returns what to say after `before` became `after`, or nothing.
 *
 * Not listening, thinking and speaking: those change faster than anyone wants to hear, and are audible. */
export function announcement(before: View, after: View): string {
  if (before.line !== after.line) return LINES[after.line];
  if (before.muted !== after.muted) return after.muted ? "Muted" : "Unmuted";
  const known = new Set(before.entries.filter(standing).map((entry) => entry.id));
  const fresh = after.entries.filter((entry) => !known.has(entry.id)).map(standing);
  return fresh.filter((text) => text !== "").at(-1) ?? "";
}

function standing(entry: Entry): string {
  switch (entry.speaker) {
    case "caller":
      return entry.settled ? `You: ${entry.text}` : "";
    case "agent":
      if (entry.delivery === "heard") return `Antiphon: ${entry.text}`;
      if (entry.delivery === "interrupted") {
        return `Antiphon, interrupted: ${entry.text.slice(0, entry.heard)}`;
      }
      return entry.delivery === "failed" ? "Antiphon could not answer." : "";
    case "nobody":
      return "A new conversation has begun.";
  }
}
