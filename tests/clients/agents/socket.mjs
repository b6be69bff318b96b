/** Calls over WebSocket: `node socket.mjs URL SPEECH`, the key in `$KEY`; prints what was told as JSON.
 *
 * SPEECH is 16-bit PCM at 24 kHz, and is said over and over, until an answer to what interrupted another
 * one has been heard to begin. */

import { readFileSync } from "node:fs";
import { OpenAIRealtimeWebSocket } from "@openai/agents-realtime";
import { newSession, told } from "./caller.mjs";

const BYTES_PER_MS = 48;
const PIECE_MS = 40;
const PATIENCE_MS = 90_000;

const [url, file] = process.argv.slice(2);
const speech = readFileSync(file);
const audio = { bytes: 0, peak: 0 };
let answersInterruption = false;

const session = newSession(new OpenAIRealtimeWebSocket({ url }));
session.on("audio", ({ data }) => {
  audio.bytes += data.byteLength;
  for (const sample of new Int16Array(data)) audio.peak = Math.max(audio.peak, Math.abs(sample));
  answersInterruption ||= told.interruptions > 0;
});
await session.connect({ apiKey: process.env.KEY });

const beganMs = performance.now();
let sentMs = 0;
const talking = setInterval(() => {
  const nowMs = performance.now() - beganMs;
  for (; sentMs < nowMs; sentMs += PIECE_MS) {
    const at = (sentMs * BYTES_PER_MS) % speech.length;
    session.sendAudio(new Uint8Array(speech.subarray(at, at + PIECE_MS * BYTES_PER_MS)).buffer);
  }
  if (!answersInterruption && nowMs < PATIENCE_MS) return;
  clearInterval(talking);
  session.close();
  console.log(JSON.stringify({ ...told, audio }));
}, PIECE_MS);
