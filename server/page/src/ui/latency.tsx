/** How long the caller waited for an answer, and for what. */

import { useId, useState } from "preact/hooks";
import { type Hop, latency, spoken } from "../core/hops";
import type { Entry } from "../core/view";

// Shorter turns are drawn at this scale, so that a quick one looks quick.
const MIN_SCALE_MS = 1_500;
const COLOURED = new Set([
  "pause",
  "final",
  "committed",
  "generation_started",
  "first_token",
  "first_clause",
  "first_audio",
  "audible",
]);

/** Returns how many ms the full width of every bar stands for, so that turns can be compared. */
export function longestMs(entries: readonly Entry[]): number {
  const totals = entries.map((entry) =>
    entry.speaker === "agent" && entry.timelineMs ? (latency(entry.timelineMs)?.totalMs ?? 0) : 0,
  );
  return Math.max(MIN_SCALE_MS, ...totals);
}

interface Props {
  timelineMs: Readonly<Record<string, number>>;
  scaleMs: number;
}

export function LatencyBar({ timelineMs, scaleMs }: Props) {
  const [open, setOpen] = useState(false);
  const table = useId();
  const found = latency(timelineMs);
  if (found === null) return null;
  return (
    <div class="latency">
      <button
        type="button"
        aria-expanded={open}
        aria-controls={table}
        onClick={() => setOpen(!open)}
      >
        <span
          class="bar"
          aria-hidden="true"
          style={{ width: `${(100 * found.totalMs) / scaleMs}%` }}
        >
          {found.hops.map((hop) => (
            <span key={hop.mark} class={colour(hop)} style={{ flexGrow: hop.ms }} />
          ))}
        </span>
        <span class="total">Answered after {spoken(found.totalMs)}</span>
      </button>
      <table id={table} hidden={!open}>
        <caption>From your last word to the first word of the answer</caption>
        <tbody>
          {found.hops.map((hop) => (
            <tr key={hop.mark}>
              <th scope="row">
                <span class={`swatch ${colour(hop)}`} aria-hidden="true" />
                {hop.name}
              </th>
              <td>{Math.round(hop.ms)} ms</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function colour(hop: Hop): string {
  return `hop ${COLOURED.has(hop.mark) ? hop.mark : "other"}`;
}
