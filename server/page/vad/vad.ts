/** Silero's voice activity detection in the browser; becomes `dist/vad/vad.js`. */

import { MicVAD } from "@ricky0123/vad-web";

// A cough is shorter.
const MIN_SPEECH_MS = 250;

/** Listens to `stream`: `began` once speech has lasted, `ended` once a pause of `pauseMs` follows it.
 *
 * Closing leaves the stream as it is. */
export async function detect(
  stream: MediaStream,
  pauseMs: number,
  began: () => void,
  ended: () => void,
): Promise<{ close(): Promise<void> }> {
  const here = new URL(/* @vite-ignore */ ".", import.meta.url).href;
  const vad = await MicVAD.new({
    model: "v5",
    baseAssetPath: here,
    onnxWASMBasePath: here,
    // Several threads would need headers that isolate the page; one frame takes a millisecond.
    ortConfig: (ort) => {
      ort.env.wasm.numThreads = 1;
      ort.env.logLevel = "error";
    },
    processorType: "AudioWorklet",
    getStream: async () => stream,
    pauseStream: async () => {},
    resumeStream: async () => stream,
    minSpeechMs: MIN_SPEECH_MS,
    redemptionMs: pauseMs,
    onSpeechRealStart: began,
    onSpeechEnd: ended,
  });
  return { close: () => vad.destroy() };
}
