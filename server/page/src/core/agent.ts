/** The replies, as their events and the time change them. Pure. */

import type {
  HeardEvent,
  OutputEvent,
  ReplyTextEvent,
  ResponseCreatedEvent,
  ResponseDoneEvent,
} from "./events";
import { heardChars, measuredPace } from "./reveal";
import type { AgentEntry, Entry, View } from "./view";

type Entries = readonly Entry[];

/** Returns the entries with a reply that begins. */
export function created(entries: Entries, event: ResponseCreatedEvent): Entries {
  const entry: AgentEntry = {
    speaker: "agent",
    id: event.response.id,
    text: "",
    heard: 0,
    told: false,
    delivery: "waiting",
    startedMs: null,
    written: false,
    failure: "",
    timelineMs: null,
  };
  return [...entries, entry];
}

/** Returns the entries with more of a reply's text. Text that is not spoken is there to be read at once. */
export function wrote(entries: Entries, event: ReplyTextEvent): Entries {
  return changed(entries, event.response_id, (entry) => {
    const text = entry.text + event.delta;
    if (event.type === "response.output_text.delta") return { ...entry, text, heard: text.length };
    return { ...entry, text };
  });
}

/** Returns the entries with what the server says was heard. */
export function heard(entries: Entries, event: HeardEvent): Entries {
  return changed(entries, event.response_id, (entry) =>
    entry.text.startsWith(event.text) ? { ...entry, heard: event.text.length, told: true } : entry,
  );
}

/** Returns the view after a reply became audible, or silent. */
export function sounded(view: View, event: OutputEvent, nowMs: number): View {
  const reply = replyIn(view.entries, event.response_id);
  if (reply === undefined) return view;
  const become = (change: Partial<AgentEntry>): Entries =>
    changed(view.entries, event.response_id, (entry) => ({ ...entry, ...change }));
  switch (event.type) {
    case "output_audio_buffer.started":
      return { ...view, entries: become({ delivery: "playing", startedMs: nowMs }) };
    case "output_audio_buffer.stopped": {
      const tookMs = reply.startedMs === null ? 0 : nowMs - reply.startedMs;
      const pace = measuredPace(view.pace, reply.text.length, tookMs);
      return { ...view, pace, entries: become({ delivery: "heard", heard: reply.text.length }) };
    }
    case "output_audio_buffer.cleared": {
      const told = reply.told ? reply.heard : estimated(reply, nowMs, view.pace);
      return { ...view, entries: become({ delivery: "interrupted", heard: told }) };
    }
  }
}

/** Returns the entries after a reply was written to its end, or came to none. */
export function done(entries: Entries, event: ResponseDoneEvent): Entries {
  const { id, status, status_details, antiphon } = event.response;
  const after = changed(entries, id, (entry) => ({
    ...entry,
    written: true,
    timelineMs: antiphon?.timeline_ms ?? null,
    ...outcome(entry, status, status_details?.error?.message ?? ""),
  }));
  return after.filter(
    (entry) => entry.speaker !== "agent" || entry.id !== id || isWorthShowing(entry),
  );
}

/** Returns the entries at the time `nowMs`: the estimate of what was heard moves on. */
export function ticked(entries: Entries, nowMs: number, pace: number): Entries {
  const moves = (entry: Entry): entry is AgentEntry =>
    entry.speaker === "agent" &&
    entry.delivery === "playing" &&
    !entry.told &&
    estimated(entry, nowMs, pace) > entry.heard;
  if (!entries.some(moves)) return entries;
  return entries.map((entry) =>
    moves(entry) ? { ...entry, heard: estimated(entry, nowMs, pace) } : entry,
  );
}

/** Returns the entries as they stand when the line breaks: what was not heard will not be. */
export function cutOff(entries: Entries): Entries {
  return entries
    .map((entry) => (isOpen(entry) ? { ...entry, delivery: "interrupted" as const } : entry))
    .filter((entry) => entry.speaker !== "agent" || isWorthShowing(entry));
}

function outcome(entry: AgentEntry, status: string, failure: string): Partial<AgentEntry> {
  if (status === "failed") return { delivery: "failed", failure };
  if (entry.delivery !== "waiting") return {};
  if (status === "cancelled") return { delivery: "interrupted" };
  // It was read, not heard; or its sound is still to come.
  return entry.heard > 0 ? { delivery: "heard" } : {};
}

/** A reply that was taken back before its first sound never was. */
function isWorthShowing(entry: AgentEntry): boolean {
  if (entry.delivery === "failed") return true;
  if (entry.delivery === "interrupted") return entry.heard > 0;
  return entry.text !== "";
}

function isOpen(entry: Entry): entry is AgentEntry {
  return (
    entry.speaker === "agent" && (entry.delivery === "waiting" || entry.delivery === "playing")
  );
}

function estimated(entry: AgentEntry, nowMs: number, pace: number): number {
  if (entry.startedMs === null) return 0;
  return Math.max(entry.heard, heardChars(entry.text, nowMs - entry.startedMs, pace));
}

function replyIn(entries: Entries, id: string): AgentEntry | undefined {
  return entries.find((entry): entry is AgentEntry => entry.speaker === "agent" && entry.id === id);
}

function changed(entries: Entries, id: string, change: (entry: AgentEntry) => AgentEntry): Entries {
  return entries.map((entry) =>
    entry.speaker === "agent" && entry.id === id ? change(entry) : entry,
  );
}
