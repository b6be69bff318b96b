/** The built page in Chromium, in calls with the fake gateway whose address is `$FAKE_GATEWAY`. */

import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { writeMicrophone } from "./microphone";

const GATEWAY = new URL(process.env["FAKE_GATEWAY"] ?? "http://127.0.0.1:1/");
const HEARD = "Good morning, I would like an appointment.";
const SPEECH = join(mkdtempSync(join(tmpdir(), "antiphon-page-")), "speech.wav");

// The machine may be busy with other tests.
const PATIENCE_MS = 60_000;

let speaking: Browser;
let mute: Browser | undefined;
let page: Page;
let complaints: string[] = [];

function launch(...more: string[]): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--autoplay-policy=user-gesture-required",
      "--host-resolver-rules=MAP insecure.test 127.0.0.1",
      ...more,
    ],
  });
}

/** Opens a fresh page in a browser that plays the speech as its microphone, or in another one. */
async function fresh(browser: Browser = speaking): Promise<void> {
  page = await browser.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (
      message.type() === "error" &&
      !/vad\/vad\.js|40[14]|503/.test(message.text() + message.location().url)
    ) {
      complaints.push(message.text());
    }
  });
}

const ask = (path: string, method = "POST") => fetch(new URL(path, GATEWAY), { method });
const log = async (): Promise<{ type: string; session?: object; call?: string }[]> =>
  (await ask("test/log", "GET")).json();
const since = async (before: number) => (await log()).slice(before);

const open = (address: string | URL = new URL("#token=once", GATEWAY)) =>
  page.goto(String(address));
const start = () => page.getByRole("button", { name: /^Start/ }).click();
const line = (is: string) => page.waitForSelector(`.page[data-line=${is}]`);
const activity = (is: string) => page.waitForSelector(`.page[data-line=live][data-activity=${is}]`);
const alert = () => page.locator("[role=alert] h2").innerText();
const agentLevel = () =>
  page
    .locator(".status .voices")
    .evaluate((voices: SVGElement) => Number(voices.style.getPropertyValue("--agent-level")));

beforeAll(async () => {
  writeMicrophone(SPEECH, 2, 14);
  speaking = await launch(
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    `--use-file-for-fake-audio-capture=${SPEECH}`,
  );
});
afterAll(() => speaking.close());
beforeEach(() => ask("test/well"));
afterEach(async () => {
  await page.close();
  await mute?.close();
  mute = undefined;
  expect(complaints).toEqual([]);
});

test("a call: what is said is read, the reply is heard and shown as it is spoken", async () => {
  await fresh();
  const elsewhere: string[] = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(GATEWAY.href)) elsewhere.push(request.url());
  });
  await open();
  await start();
  await page.waitForSelector(".caller .open");
  await page.waitForSelector(`.caller .said:text-is("${HEARD}")`);
  await activity("speaking");
  await page.waitForSelector('.agent .said:has-text("Of course.")');
  expect(await page.locator(".agent .said").innerText()).not.toContain("four.");
  expect(await page.locator("audio").evaluate((audio: HTMLAudioElement) => audio.paused)).toBe(
    false,
  );
  await expect.poll(agentLevel, { timeout: PATIENCE_MS }).toBeGreaterThan(0.3);
  await ask("test/go");
  await page.waitForSelector('.agent .said:has-text("quarter to four.")');
  await activity("listening");
  await page.getByText("Answered after 580 ms").click();
  expect(await page.locator("tr").count()).toBe(5);
  expect(new URL(page.url()).hash).toBe("");
  expect(elsewhere).toEqual([]);
});

test("Escape silences the reply, and what was not heard is struck out", async () => {
  await fresh();
  await open();
  await start();
  await activity("speaking");
  await page.waitForSelector('.agent .said:has-text("Of course.")');
  const before = (await log()).length;
  await page.keyboard.press("Escape");
  await page.waitForSelector(".agent s");
  await activity("listening");
  expect(await page.locator(".agent s").innerText()).toContain("a quarter to four.");
  expect((await since(before)).map((event) => event.type)).toEqual([
    "response.cancel",
    "output_audio_buffer.clear",
  ]);
  await expect.poll(agentLevel, { timeout: PATIENCE_MS }).toBeLessThan(0.1);
});

test("a line that drops is restored, and the conversation goes on", async () => {
  await fresh();
  await open();
  await start();
  await page.waitForSelector(`.caller .said:text-is("${HEARD}")`);
  const before = (await log()).length;
  await ask("test/drop");
  await line("reconnecting");
  await line("live");
  const [call] = (await since(before)).filter((event) => event.type === "call");
  expect(call?.session).toMatchObject({
    antiphon: { resume_token: expect.stringMatching(/^rt_/) },
  });
  expect(await page.locator(".caller .said").first().innerText()).toBe(HEARD);
  expect(await page.locator(".break").count()).toBe(0);
});

test("Space mutes, and hanging up gives the place back", async () => {
  await fresh();
  await open();
  await page.keyboard.press(" ");
  await line("live");
  await page.keyboard.press(" ");
  expect(await page.getByRole("button", { name: "Mute" }).getAttribute("aria-pressed")).toBe(
    "true",
  );
  const before = (await log()).length;
  await page.getByRole("button", { name: "End the conversation" }).click();
  await line("ended");
  await expect
    .poll(async () => (await since(before)).at(-1)?.type, { timeout: PATIENCE_MS })
    .toBe("hangup");
});

test("microphones can be chosen during a call", async () => {
  await fresh();
  await open();
  await start();
  await line("live");
  await page.getByRole("button", { name: "Sound settings" }).click();
  const choices = page.getByRole("combobox");
  await expect
    .poll(() => choices.locator("option").count(), { timeout: PATIENCE_MS })
    .toBeGreaterThan(1);
  await choices.selectOption({ index: 1 });
  await page.keyboard.press("Escape");
  await page.waitForSelector(`.caller .said:text-is("${HEARD}")`);
});

test.skipIf(!existsSync("dist/vad/vad.js"))("turns can be found in the browser", async () => {
  await fresh();
  await open();
  await page.getByRole("button", { name: "Sound settings" }).click();
  await page.getByRole("switch").check();
  await page.keyboard.press("Escape");
  const before = (await log()).length;
  await start();
  await activity("speaking");
  const [call, ...rest] = await since(before);
  expect(call?.session).toMatchObject({ audio: { input: { turn_detection: null } } });
  expect(rest.map((event) => event.type)).toEqual([
    "session.update",
    "input_audio_buffer.commit",
    "output_audio_buffer.clear",
    "response.create",
  ]);
});

test("where the voice goes is shown", async () => {
  await fresh();
  await open();
  await start();
  await line("live");
  await page.getByRole("button", { name: "Stays in house" }).click();
  const facts = page.locator("#proof dd");
  await expect
    .poll(() => facts.nth(1).innerText(), { timeout: PATIENCE_MS })
    .toMatch(/^Encrypted \(DTLS-SRTP\), straight to /);
  expect(await facts.first().innerText()).toMatch(/^\d+ requests, all to this server$/);
});

test("a full gateway is said, with the time to wait", async () => {
  await fresh();
  await ask("test/full");
  await open();
  await start();
  await line("ended");
  expect(await alert()).toBe("All lines are busy");
  expect(await page.getByRole("button", { name: "Start talking" }).isDisabled()).toBe(true);
  await ask("test/well");
  await start(); // waits for the button
  await line("live");
});

test("a key that is refused is said", async () => {
  await fresh();
  await ask("test/refuse");
  await open();
  await start();
  await line("ended");
  expect(await alert()).toBe("The key is no longer valid");
});

test("an address without a token is said", async () => {
  await fresh();
  await open(GATEWAY);
  expect(await alert()).toBe("This address has no key");
});

test("an address with a fresh token in the same tab helps at once", async () => {
  await fresh();
  await open(GATEWAY);
  await open();
  await start();
  await line("live");
  expect(await page.locator("[role=alert]").count()).toBe(0);
});

test("a microphone that is denied is said", async () => {
  mute = await launch("--use-fake-device-for-media-stream", "--deny-permission-prompts");
  await fresh(mute);
  await open();
  await start();
  await line("ended");
  expect(await alert()).toBe("The microphone is blocked");
});

test("a microphone that is not there is said", async () => {
  mute = await launch("--use-fake-ui-for-media-stream", "--disable-audio-input");
  await fresh(mute);
  await open();
  await start();
  await line("ended");
  expect(await alert()).toBe("No microphone found");
});

test("an address that is not secure is said", async () => {
  await fresh();
  await open(`http://insecure.test:${GATEWAY.port}/#token=once`);
  await start();
  await line("ended");
  expect(await alert()).toBe("This address cannot use the microphone");
});
