/** The end of the caller's turn, found in the browser: by files that a site may add to the page. */

import type { Problem } from "../core/problems";
import { LOCAL_PAUSE_MS } from "../core/session";
import { Store } from "./store";

export interface TurnListener {
  began(): void;
  ended(): void;
  problem(problem: Problem): void;
}

/** What `vad/vad.js` offers; `vad/vad.ts` is its source. */
interface Detector {
  close(): Promise<void>;
}
interface DetectorModule {
  detect(
    stream: MediaStream,
    pauseMs: number,
    began: () => void,
    ended: () => void,
  ): Promise<Detector>;
}

/** Whether the files are there, and if so whether they are to be used. */
export type Choice = "absent" | "off" | "on";

const FILE = "vad/vad.js";

export class LocalTurns {
  readonly choice = new Store<Choice>("absent");
  #stream: MediaStream | null = null;
  #detector: Detector | null = null;
  #speaking = false;

  constructor(private readonly listener: TurnListener) {}

  get on(): boolean {
    return this.choice.current === "on";
  }

  /** Whether the caller is heard, here, to speak. */
  get speaking(): boolean {
    return this.#speaking;
  }

  /** Looks whether the files are there. */
  async look(): Promise<void> {
    const response = await fetch(url(), { method: "HEAD" }).catch(() => null);
    const type = response?.headers.get("Content-Type") ?? "";
    if (response?.ok && type.includes("javascript")) this.choice.set("off");
  }

  async choose(here: boolean): Promise<void> {
    this.choice.set(here ? "on" : "off");
    await this.#renew();
  }

  /** Listens to `stream`, in place of the one before. */
  async listenTo(stream: MediaStream): Promise<void> {
    this.#stream = stream;
    await this.#renew();
  }

  leave(): void {
    this.#stream = null;
    void this.#close();
  }

  async #renew(): Promise<void> {
    await this.#close();
    const stream = this.#stream;
    if (!this.on || stream === null) return;
    try {
      const { detect } = (await import(/* @vite-ignore */ url())) as DetectorModule;
      // The call may have ended, or changed its microphone, while 17 MB were being loaded.
      const wanted = () => this.#stream === stream && this.on;
      const say = (speaking: boolean, tell: () => void) => () => {
        if (!wanted()) return;
        this.#speaking = speaking;
        tell();
      };
      const { began, ended } = this.listener;
      const detector = await detect(stream, LOCAL_PAUSE_MS, say(true, began), say(false, ended));
      if (wanted()) this.#detector = detector;
      else await detector.close();
    } catch (error) {
      console.error(error);
      this.choice.set("off");
      const message = "This browser could not find the end of a turn: Antiphon does it again.";
      this.listener.problem({ kind: "said", message });
    }
  }

  async #close(): Promise<void> {
    const detector = this.#detector;
    this.#detector = null;
    this.#speaking = false; // it will not say when that ends
    await detector?.close();
  }
}

function url(): string {
  return new URL(FILE, document.baseURI).href;
}
