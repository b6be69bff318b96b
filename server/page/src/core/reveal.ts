/** How much of a reply has been heard, where only the time tells. Pure. */

// 150 to 160 words a minute, at some six characters a word with its space.
export const ORDINARY_PACE = 15;
// What no voice does: a reply that was cut or stalled says nothing of the pace.
const SLOWEST_PACE = 8;
const FASTEST_PACE = 25;
// Shorter replies are mostly the silence around them.
const MIN_CHARS_TO_MEASURE = 40;
// A new measurement counts as much as all before it: voices change between calls, not within one.
const WEIGHT = 0.5;

/** Returns how many characters of `text` were heard after `elapsedMs`, in whole words. */
export function heardChars(text: string, elapsedMs: number, pace: number): number {
  return wholeWords(text, Math.floor((elapsedMs / 1000) * pace));
}

/** Returns the end of the last word that is complete within `chars` characters. */
export function wholeWords(text: string, chars: number): number {
  if (chars >= text.length) return text.length;
  const end = text.slice(0, Math.max(chars, 0) + 1).search(/\s\S*$/);
  return Math.max(end, 0);
}

/** Returns the pace after a reply of `chars` characters took `durationMs` from first to last sound. */
export function measuredPace(pace: number, chars: number, durationMs: number): number {
  if (chars < MIN_CHARS_TO_MEASURE || durationMs <= 0) return pace;
  const measured = chars / (durationMs / 1000);
  if (measured < SLOWEST_PACE || measured > FASTEST_PACE) return pace;
  return pace + WEIGHT * (measured - pace);
}
