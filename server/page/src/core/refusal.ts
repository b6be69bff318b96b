/** What an HTTP answer that is no success means. Pure. */

import type { Problem } from "./problems";

// For a gateway that is full and does not say for how long.
const DEFAULT_RETRY_S = 5;
const MAX_RETRY_S = 300;

/** Thrown where something cannot go on; says what to tell the person. */
export class Refusal extends Error {
  constructor(readonly problem: Problem) {
    super(problem.kind);
    this.name = "Refusal";
  }
}

/** Returns the problem behind an answer with `status`; `body` is what came with it, `nowMs` the time. */
export function refusal(
  status: number,
  retryAfter: string | null,
  body: string,
  nowMs: number,
): Problem {
  if (status === 401 || status === 403) return { kind: "key-refused" };
  if (status === 503 || status === 429) {
    return { kind: "full", untilMs: nowMs + retryAfterMs(retryAfter) };
  }
  if (status >= 500) return { kind: "unreachable" };
  return { kind: "refused", message: messageIn(body) || `It answered with HTTP status ${status}.` };
}

function retryAfterMs(header: string | null): number {
  const seconds = Number(header ?? Number.NaN);
  const usable = Number.isFinite(seconds) && seconds >= 0 && header !== "";
  return Math.min(usable ? seconds : DEFAULT_RETRY_S, MAX_RETRY_S) * 1000;
}

function messageIn(body: string): string {
  try {
    const message: unknown = JSON.parse(body)?.error?.message;
    return typeof message === "string" ? message : "";
  } catch {
    return "";
  }
}
