/** What the page shows. Values only: the reducer makes a new one of each event. */

import type { Problem } from "./problems";
import { ORDINARY_PACE } from "./reveal";

/** The connection: none yet, being made, up, dropped and being made again, over. */
export type Line = "idle" | "connecting" | "live" | "reconnecting" | "ended";

export type Activity = "listening" | "thinking" | "speaking";

/** What the caller said. Up to `stable` characters it will not change any more. */
export interface CallerEntry {
  readonly speaker: "caller";
  readonly id: string;
  readonly text: string;
  readonly stable: number;
  readonly settled: boolean;
}

/** A spoken reply is `waiting` until its first sound, then `playing`, at last `heard` or `interrupted`. */
export type Delivery = "waiting" | "playing" | "heard" | "interrupted" | "failed";

/** A reply. `heard` counts the characters of `text` that reached the ear. */
export interface AgentEntry {
  readonly speaker: "agent";
  readonly id: string;
  readonly text: string;
  readonly heard: number;
  /** Whether the server tells what is heard; else it is estimated from the time. */
  readonly told: boolean;
  readonly delivery: Delivery;
  readonly startedMs: number | null;
  /** Whether the text is complete. */
  readonly written: boolean;
  readonly failure: string;
  readonly timelineMs: Readonly<Record<string, number>> | null;
}

/** Where another conversation began: the one before it was over, or could not be resumed. */
export interface Break {
  readonly speaker: "nobody";
  readonly id: string;
}

export type Entry = CallerEntry | AgentEntry | Break;

export interface View {
  readonly line: Line;
  readonly activity: Activity;
  /** Whether the server says what it does; else `activity` follows from the other events. */
  readonly activityTold: boolean;
  /** Whether the caller is heard right now. */
  readonly hearing: boolean;
  readonly muted: boolean;
  readonly entries: readonly Entry[];
  readonly problem: Problem | null;
  /** Characters a second: how fast this voice speaks, as measured so far. */
  readonly pace: number;
  readonly sessionId: string | null;
  readonly resumeToken: string | null;
}

export const INITIAL: View = {
  line: "idle",
  activity: "listening",
  activityTold: false,
  hearing: false,
  muted: false,
  entries: [],
  problem: null,
  pace: ORDINARY_PACE,
  sessionId: null,
  resumeToken: null,
};

/** Returns the reply that is being written or spoken, if one is. */
export function currentReply(view: View): AgentEntry | undefined {
  return view.entries.findLast(
    (entry): entry is AgentEntry =>
      entry.speaker === "agent" && (entry.delivery === "waiting" || entry.delivery === "playing"),
  );
}
