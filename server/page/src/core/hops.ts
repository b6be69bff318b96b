/** Where the time between a caller's last word and the first word of the answer went. Pure. */

export interface Hop {
  readonly mark: string;
  /** What the time was spent on, for people. */
  readonly name: string;
  readonly ms: number;
}

export interface Latency {
  readonly hops: readonly Hop[];
  readonly totalMs: number;
}

// Each mark ends the hop that is named here. A turn that is begun on trust passes them in another order.
const NAMES: Readonly<Record<string, string>> = {
  pause: "Noticing the pause",
  final: "Understanding the end",
  committed: "Deciding the turn is over",
  generation_started: "Handing over",
  first_token: "Finding words",
  first_clause: "Writing the first clause",
  first_audio: "Finding the voice",
  audible: "Sending",
};
const ORIGIN = "speech_ended";
const END = "audible";

/** Returns the hops of a turn in the order of time, or null where the answer was never audible.
 *
 * `timelineMs` holds ms after the caller's last voiced audio. Marks after the first sound are left out. */
export function latency(timelineMs: Readonly<Record<string, number>>): Latency | null {
  const endMs = timelineMs[END];
  if (endMs === undefined || timelineMs[ORIGIN] === undefined || endMs <= 0) return null;
  const marks = Object.entries(timelineMs)
    .filter(([mark, ms]) => mark !== ORIGIN && mark !== END && ms >= 0 && ms <= endMs)
    .sort(([, a], [, b]) => a - b);
  let beforeMs = 0;
  const hops = [...marks, [END, endMs] as const].map(([mark, ms]) => {
    const hop = { mark, name: nameOf(mark), ms: ms - beforeMs };
    beforeMs = ms;
    return hop;
  });
  return { hops, totalMs: endMs };
}

function nameOf(mark: string): string {
  const plain = mark.replaceAll("_", " ");
  return NAMES[mark] ?? plain.charAt(0).toUpperCase() + plain.slice(1);
}

/** Returns a duration as people say it: `640 ms`, `1.2 s`. */
export function spoken(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
