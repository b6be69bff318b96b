/** Keeps a conversation connected: places the first call, and another one whenever one breaks. */

import { delayMs } from "../core/backoff";
import type { Problem } from "../core/problems";
import { Refusal } from "../core/refusal";

/** A call, as far as the line is concerned. */
export interface Dialled {
  hangUp(): void;
}

export interface LineListener {
  connected(): void;
  lost(): void;
  /** The line is over: by itself with a problem, or without one because it was hung up. */
  ended(problem: Problem | null): void;
}

/** Places one call; `broke` is to be called once when it breaks. `again`: it is to resume. */
export type Dial<C> = (again: boolean, broke: () => void, signal: AbortSignal) => Promise<C>;

// What may be over at the next try; anything else is not.
const PASSING: readonly Problem["kind"][] = ["unreachable", "no-media", "full"];

export class Line<C extends Dialled> {
  readonly #stop = new AbortController();
  #call: C | null = null;
  #wake: () => void = () => {};

  constructor(
    private readonly dial: Dial<C>,
    private readonly listener: LineListener,
  ) {}

  /** The call that is up, if one is. */
  get call(): C | null {
    return this.#call;
  }

  /** Places the first call. */
  async open(): Promise<void> {
    try {
      await this.#place(false);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Ends the conversation. */
  close(problem: Problem | null = null): void {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort();
    this.#wake();
    this.#call?.hangUp();
    this.#call = null;
    this.listener.ended(problem);
  }

  /** Tries again now instead of later: the network is back, or the person is impatient. */
  hurry(): void {
    this.#wake();
  }

  async #place(again: boolean): Promise<void> {
    const { signal } = this.#stop;
    const call = await this.dial(again, () => void this.#lose(), signal);
    if (signal.aborted) {
      call.hangUp();
      return;
    }
    this.#call = call;
    this.listener.connected();
  }

  async #lose(): Promise<void> {
    this.#call = null;
    if (this.#stop.signal.aborted) return;
    this.listener.lost();
    try {
      await this.#regain();
    } catch (error) {
      this.#fail(error);
    }
  }

  async #regain(): Promise<void> {
    const lostMs = performance.now();
    let retryAfterMs = 0;
    for (let tries = 0; ; tries++) {
      const sinceMs = performance.now() - lostMs;
      const waitMs = delayMs(tries, sinceMs, Math.random(), retryAfterMs);
      if (waitMs === null) throw new Refusal({ kind: "line-lost" });
      await this.#pause(waitMs);
      if (this.#stop.signal.aborted) return;
      try {
        await this.#place(true);
        return;
      } catch (error) {
        if (!(error instanceof Refusal) || !PASSING.includes(error.problem.kind)) throw error;
        const { problem } = error;
        retryAfterMs = problem.kind === "full" ? problem.untilMs - performance.now() : 0;
      }
    }
  }

  #fail(error: unknown): void {
    if (this.#stop.signal.aborted) return;
    this.close(error instanceof Refusal ? error.problem : null);
    if (!(error instanceof Refusal)) throw error;
  }

  async #pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
