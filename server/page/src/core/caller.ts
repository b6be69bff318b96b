/** The caller's lines, as the recogniser's events change them. Pure. */

import type { HypothesisEvent, InputEvent, ItemGoneEvent, TranscriptEvent } from "./events";
import type { CallerEntry, Entry } from "./view";

type Entries = readonly Entry[];

/** Returns the entries with a line for speech that begins. A line that is there already goes on. */
export function began(entries: Entries, event: InputEvent): Entries {
  return changed(entries, event.item_id, (entry) => ({ ...entry, settled: false }));
}

/** Returns the entries with what is understood so far. */
export function understood(entries: Entries, event: HypothesisEvent): Entries {
  return changed(entries, event.item_id, (entry) => {
    const stable = entry.text.slice(0, entry.stable) + (event.delta ?? "");
    const text = event.antiphon?.text ?? stable;
    return {
      ...entry,
      text,
      stable: text.startsWith(stable) ? stable.length : 0,
      settled: false,
    };
  });
}

/** Returns the entries with the final words; without any, the line goes. */
export function settled(entries: Entries, event: TranscriptEvent): Entries {
  const text = event.transcript.trim();
  if (!text) return without(entries, event.item_id);
  return changed(entries, event.item_id, (entry) => ({
    ...entry,
    text,
    stable: text.length,
    settled: true,
  }));
}

/** Returns the entries without a line that came to nothing. */
export function gone(entries: Entries, event: ItemGoneEvent): Entries {
  if (event.item_id !== undefined) return without(entries, event.item_id);
  return entries.filter((entry) => entry.speaker !== "caller" || entry.settled);
}

/** Returns the entries as they stand when the line breaks: what was begun stays as far as it came. */
export function brokenOff(entries: Entries): Entries {
  return entries
    .filter((entry) => entry.speaker !== "caller" || entry.text !== "")
    .map((entry) =>
      entry.speaker === "caller" ? { ...entry, stable: entry.text.length, settled: true } : entry,
    );
}

function changed(
  entries: Entries,
  id: string,
  change: (entry: CallerEntry) => CallerEntry,
): Entries {
  const isIt = (entry: Entry): entry is CallerEntry =>
    entry.speaker === "caller" && entry.id === id;
  if (entries.some(isIt)) return entries.map((entry) => (isIt(entry) ? change(entry) : entry));
  return [...entries, change({ speaker: "caller", id, text: "", stable: 0, settled: false })];
}

function without(entries: Entries, id: string): Entries {
  return entries.filter((entry) => entry.speaker !== "caller" || entry.id !== id);
}
