/** What `peer.mjs` is bundled with: the page's Vite. */

export default {
  define: { "process.env.NODE_ENV": '"production"' },
  build: {
    lib: { entry: "peer.mjs", name: "client", formats: ["iife"], fileName: () => "client.js" },
  },
};
