/** How loud each voice is, for as long as a call lasts. */

import { loudness, settle } from "../core/level";

export type Voice = "caller" | "agent";

// 43 ms at 48 kHz: each reading hears all that was said since the last one.
const WINDOW_SAMPLES = 2048;
// What the eye takes for a steady movement; each reading draws the page again, which costs a phone's battery.
const READING_MS = 45;

export class Meters {
  readonly #context = new AudioContext();
  readonly #analysers = new Map<Voice, AnalyserNode>();
  readonly #levels: Record<Voice, number> = { caller: 0, agent: 0 };
  readonly #samples = new Float32Array(WINDOW_SAMPLES);
  #frame = 0;
  #readMs = 0;

  /** `show` is called with both levels (0 to 1) some 20 times a second while the page is visible. */
  constructor(private readonly show: (levels: Readonly<Record<Voice, number>>) => void) {
    this.#waitForFrame();
  }

  /** Listens to `stream` as the sound of `voice`, in place of the one before. */
  watch(voice: Voice, stream: MediaStream): void {
    this.#analysers.get(voice)?.disconnect();
    const analyser = new AnalyserNode(this.#context, { fftSize: WINDOW_SAMPLES });
    this.#context.createMediaStreamSource(stream).connect(analyser);
    this.#analysers.set(voice, analyser);
  }

  close(): void {
    cancelAnimationFrame(this.#frame);
    this.show({ caller: 0, agent: 0 });
    void this.#context.close();
  }

  #waitForFrame(): void {
    this.#frame = requestAnimationFrame((nowMs) => {
      if (nowMs - this.#readMs >= READING_MS) this.#read(nowMs);
      this.#waitForFrame();
    });
  }

  #read(nowMs: number): void {
    this.#readMs = nowMs;
    for (const [voice, analyser] of this.#analysers) {
      analyser.getFloatTimeDomainData(this.#samples);
      this.#levels[voice] = settle(this.#levels[voice], loudness(this.#samples));
    }
    this.show(this.#levels);
  }
}
