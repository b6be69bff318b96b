/** Takes pictures of the page's moments: `npm run screens -- FOLDER`. */

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { createServer } from "vite";

const FOLDER = process.argv[2] ?? "screens";
const WIDE = { width: 1200, height: 780 };
const PHONE = { width: 390, height: 844 };

const PICTURES = [
  { name: "idle", ask: "" },
  { name: "idle-dark", ask: "", dark: true },
  { name: "connected", ask: "moment=start&line=live&caller=.3" },
  { name: "listening", ask: "moment=partial&caller=.6" },
  { name: "thinking", ask: "moment=thinking" },
  { name: "speaking", ask: "moment=speaking&agent=.7" },
  { name: "speaking-dark", ask: "moment=speaking&agent=.7", dark: true },
  { name: "interrupted", ask: "moment=interrupted&caller=.5", open: ".latency button" },
  {
    name: "interrupted-dark",
    ask: "moment=interrupted&caller=.5",
    dark: true,
    open: ".latency button",
  },
  { name: "denied", ask: "problem=microphone-denied" },
  { name: "full", ask: "problem=full" },
  { name: "reconnecting", ask: "moment=interrupted&line=reconnecting" },
  { name: "ended-lost", ask: "moment=between&line=ended&problem=line-lost" },
  { name: "proof", ask: "moment=between", open: "[popovertarget=proof]" },
  { name: "sound", ask: "moment=between&vad&caller=.6", open: "[popovertarget=sound]" },
  { name: "phone-idle", ask: "", phone: true },
  { name: "phone-speaking", ask: "moment=speaking&agent=.6", phone: true, dark: true },
  { name: "phone-interrupted", ask: "moment=interrupted&caller=.5", phone: true },
  { name: "phone-denied", ask: "problem=microphone-denied", phone: true },
  { name: "phone-sound", ask: "moment=between&vad", phone: true, open: "[popovertarget=sound]" },
];

mkdirSync(FOLDER, { recursive: true });
const server = await createServer({ server: { port: 0, host: "127.0.0.1" }, logLevel: "error" });
await server.listen();
const { port } = server.httpServer.address();
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
});
for (const { name, ask, dark, phone, open } of PICTURES) {
  const page = await browser.newPage({
    viewport: phone ? PHONE : WIDE,
    colorScheme: dark ? "dark" : "light",
    reducedMotion: "reduce",
    hasTouch: Boolean(phone),
    isMobile: Boolean(phone),
  });
  page.on("pageerror", (error) => console.error(name, error));
  await page.goto(`http://127.0.0.1:${port}/test/demo/index.html?${ask}`);
  await page.waitForSelector(".page");
  if (open) await page.click(open);
  await page.waitForTimeout(300);
  await page.screenshot({ path: join(FOLDER, `${name}.png`) });
  await page.close();
}
await browser.close();
await server.close();
