/** A file for Chromium to use as its microphone. */

import { writeFileSync } from "node:fs";

const RATE_HZ = 48_000;
const PITCH_HZ = 140;
// Syllables: what does not change is noise to the browser's noise suppression.
const SYLLABLES_HZ = 4;

/** Writes a WAV that Chromium plays over and over: a voice for `voicedS`, then silence for `silentS`. */
export function writeMicrophone(path: string, voicedS: number, silentS: number): void {
  const samples = new Int16Array(RATE_HZ * (voicedS + silentS));
  for (let at = 0; at < RATE_HZ * voicedS; at++) {
    const s = at / RATE_HZ;
    const envelope = Math.sin(Math.PI * SYLLABLES_HZ * s) ** 2;
    const pulse = 2 * ((s * PITCH_HZ * (1 + 0.1 * Math.sin(5 * s))) % 1) - 1;
    samples[at] = 12_000 * envelope * pulse;
  }
  writeFileSync(path, Buffer.concat([header(samples.byteLength), Buffer.from(samples.buffer)]));
}

function header(bytes: number): Buffer {
  const head = Buffer.alloc(44);
  head.write("RIFF", 0);
  head.writeUInt32LE(36 + bytes, 4);
  head.write("WAVEfmt ", 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20); // PCM
  head.writeUInt16LE(1, 22); // mono
  head.writeUInt32LE(RATE_HZ, 24);
  head.writeUInt32LE(RATE_HZ * 2, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write("data", 36);
  head.writeUInt32LE(bytes, 40);
  return head;
}
