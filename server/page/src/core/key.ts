/** The key that lets this tab call. Pure. */

export interface Key {
  /** An ephemeral key, `ek_…`. */
  readonly value: string;
  /** By this machine's clock, ms. */
  readonly expiresMs: number;
}

const PARAMETER = "token";
// A key is renewed in the middle of its life: half of it is then left for what may go wrong.
const RENEW_AT = 0.5;
// An answer that crossed a slow network.
const SAFETY_MS = 5_000;

/** Returns the one-time token in the part of an address after `#`, and what remains without it. */
export function takeToken(hash: string): { token: string | null; rest: string } {
  const parameters = new URLSearchParams(hash.replace(/^#/, ""));
  const token = parameters.get(PARAMETER) || null;
  parameters.delete(PARAMETER);
  const rest = parameters.toString();
  return { token, rest: token === null ? hash : rest && `#${rest}` };
}

/** Returns the key in the gateway's answer, or null where there is none.
 *
 * `expires_at` (s) is by the gateway's clock, which `date`, its HTTP header, tells: this machine's may
 * be wrong by hours. */
export function readKey(body: unknown, date: string | null, nowMs: number): Key | null {
  if (typeof body !== "object" || body === null) return null;
  const { value, expires_at } = body as { value?: unknown; expires_at?: unknown };
  if (typeof value !== "string" || typeof expires_at !== "number") return null;
  const theirNowMs = Date.parse(date ?? "");
  const lifeMs = expires_at * 1000 - (Number.isNaN(theirNowMs) ? nowMs : theirNowMs);
  return { value, expiresMs: nowMs + lifeMs };
}

/** Returns the key that was kept as text, or null. */
export function recall(kept: string | null): Key | null {
  try {
    const { value, expiresMs } = JSON.parse(kept ?? "null") ?? {};
    const whole = typeof value === "string" && typeof expiresMs === "number";
    return whole ? { value, expiresMs } : null;
  } catch {
    return null;
  }
}

export function isValid(key: Key, nowMs: number): boolean {
  return key.expiresMs - SAFETY_MS > nowMs;
}

/** Returns how long to wait before renewing `key`. */
export function renewInMs(key: Key, nowMs: number): number {
  return Math.max((key.expiresMs - nowMs) * RENEW_AT, 0);
}
