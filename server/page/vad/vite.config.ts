import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { defineConfig } from "vite";

const resolve = createRequire(import.meta.url).resolve;
const VAD = dirname(resolve("@ricky0123/vad-web"));
const RUNTIME = dirname(resolve("onnxruntime-web/wasm"));
const FILES = [
  join(VAD, "vad.worklet.bundle.min.js"),
  join(VAD, "silero_vad_v5.onnx"),
  join(RUNTIME, "ort-wasm-simd-threaded.mjs"),
  join(RUNTIME, "ort-wasm-simd-threaded.wasm"),
];

export default defineConfig({
  root: import.meta.dirname,
  publicDir: false,
  build: {
    outDir: "../dist/vad",
    emptyOutDir: true,
    license: { fileName: "licences.md" },
    lib: { entry: "vad.ts", formats: ["es"], fileName: () => "vad.js" },
  },
  plugins: [
    {
      name: "files that are loaded by their names",
      generateBundle() {
        for (const file of FILES) {
          this.emitFile({ type: "asset", fileName: basename(file), source: readFileSync(file) });
        }
      },
    },
  ],
});
