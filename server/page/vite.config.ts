import { defineConfig } from "vitest/config";

// Names without hashes: what is kept in git then changes only where the page does. The gateway answers
// with an ETag, so a browser that has the page asks once and is told that nothing changed.
export default defineConfig({
  base: "./",
  build: {
    outDir: "dist",
    // `dist/vad` is put there by another build.
    emptyOutDir: false,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    license: { fileName: "licences.md" },
    rolldownOptions: {
      output: {
        entryFileNames: "[name].js",
        chunkFileNames: "[name].js",
        assetFileNames: "[name][extname]",
      },
    },
  },
  test: {
    restoreMocks: true,
    unstubGlobals: true,
    projects: [
      {
        extends: true,
        test: { name: "core", include: ["test/core/*.test.ts"], environment: "node" },
      },
      {
        extends: true,
        test: {
          name: "page",
          include: ["test/{shell,ui}/*.test.{ts,tsx}"],
          environment: "happy-dom",
        },
      },
      {
        extends: true,
        test: {
          name: "chromium",
          include: ["test/chromium/*.test.ts"],
          environment: "node",
          // A call takes some seconds, as long as what is said in it; Chromium starts in two.
          testTimeout: 180_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
