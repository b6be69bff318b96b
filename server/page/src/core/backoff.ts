/** When to try again after the line dropped. Pure. */

// The gateway keeps a conversation for so long after its line broke.
export const RESUME_WINDOW_MS = 60_000;
// The first try comes at once: most drops are a change of network that is over by then.
const FIRST_MS = 0;
const SECOND_MS = 500;
const LONGEST_MS = 8_000;
// A whole building that lost its network comes back at once: spread over a quarter of the delay.
const SPREAD = 0.25;

/** Returns how long to wait before try number `tries` (from 0); `random` is in [0, 1).
 *
 * Null once the tries have outlasted what the gateway keeps. A full gateway's own `retryAfterMs` counts
 * where it is longer. */
export function delayMs(
  tries: number,
  sinceLostMs: number,
  random: number,
  retryAfterMs = 0,
): number | null {
  if (sinceLostMs >= RESUME_WINDOW_MS) return null;
  const plain = tries === 0 ? FIRST_MS : Math.min(SECOND_MS * 2 ** (tries - 1), LONGEST_MS);
  return Math.max(Math.round(plain * (1 + SPREAD * random)), retryAfterMs);
}
