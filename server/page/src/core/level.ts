/** Loudness, as a meter shows it. Pure. */

// Below, a quiet room; above, speech close to the microphone.
const FLOOR_DBFS = -60;
const CEILING_DBFS = -12;
// A meter that falls slowly can be read: from full to nothing in some 600 ms at 20 readings a second.
const FALL_A_READING = 0.08;

/** Returns the loudness of `samples` (in [-1, 1]) on a scale from 0 to 1. */
export function loudness(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const dbfs = 10 * Math.log10(sum / Math.max(samples.length, 1) + 1e-12);
  return Math.min(Math.max((dbfs - FLOOR_DBFS) / (CEILING_DBFS - FLOOR_DBFS), 0), 1);
}

/** Returns the next reading of a meter that stands at `shown`: up at once, down slowly. */
export function settle(shown: number, now: number): number {
  return Math.max(now, shown - FALL_A_READING, 0);
}
