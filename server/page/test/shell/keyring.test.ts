import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Keyring } from "../../src/shell/keyring";

const NOW = Date.parse("2026-11-26T08:00:00Z");
const asked = vi.fn<typeof fetch>();
let made = 0;

function answer(value = `ek_${++made}`): Response {
  return Response.json({ value, expires_at: Date.now() / 1000 + 600 });
}

beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
  made = 0;
  asked.mockReset().mockImplementation(async () => answer());
  vi.stubGlobal("fetch", asked);
  sessionStorage.clear();
  history.replaceState(null, "", "/#token=once");
});
afterEach(() => {
  vi.clearAllTimers();
  vi.useRealTimers();
});

function opened(): Keyring {
  const keyring = new Keyring();
  keyring.readAddress();
  return keyring;
}

const body = (call: number): unknown => JSON.parse(String(asked.mock.calls[call]?.[1]?.body));
const bearer = (call: number): string | null =>
  new Headers(asked.mock.calls[call]?.[1]?.headers).get("Authorization");

test("the token of the address is exchanged for a key, once", async () => {
  const keyring = opened();
  expect(await Promise.all([keyring.value(), keyring.value()])).toEqual(["ek_1", "ek_1"]);
  expect(await keyring.value()).toBe("ek_1");
  expect(asked).toHaveBeenCalledOnce();
  expect(asked.mock.calls[0]?.[0]).toBe("/v1/antiphon/page_key");
  expect(body(0)).toEqual({ token: "once" });
});

test("the token leaves the address at once", () => {
  opened();
  expect(location.hash).toBe("");
});

test("a page that is loaded again still has its key", async () => {
  await opened().value();
  expect(await new Keyring().value()).toBe("ek_1");
  expect(asked).toHaveBeenCalledOnce();
});

test("a spent token does no harm to a page that has a key", async () => {
  await opened().value();
  history.replaceState(null, "", "/#token=once");
  asked.mockResolvedValue(new Response("", { status: 401 }));
  expect(await opened().value()).toBe("ek_1");
});

test("without a token and a key there is none", async () => {
  history.replaceState(null, "", "/");
  await expect(opened().value()).rejects.toMatchObject({ problem: { kind: "key-missing" } });
});

test("a token that is refused is told, and not tried again", async () => {
  asked.mockImplementation(async () => new Response("", { status: 401 }));
  const keyring = opened();
  await expect(keyring.value()).rejects.toMatchObject({ problem: { kind: "token-refused" } });
  await expect(keyring.value()).rejects.toMatchObject({ problem: { kind: "key-missing" } });
  expect(asked).toHaveBeenCalledOnce();
});

test("a token whose answer was lost is tried again", async () => {
  asked.mockRejectedValueOnce(new TypeError("Failed to fetch"));
  const keyring = opened();
  await expect(keyring.value()).rejects.toMatchObject({ problem: { kind: "unreachable" } });
  expect(await keyring.value()).toBe("ek_1");
});

test("an answer without a key is none", async () => {
  asked.mockImplementation(async () => Response.json({}));
  await expect(opened().value()).rejects.toMatchObject({ problem: { kind: "unreachable" } });
});

test("a key is renewed in the middle of its life, by itself", async () => {
  const keyring = opened();
  await keyring.value();
  await vi.advanceTimersByTimeAsync(300_000);
  expect(await keyring.value()).toBe("ek_2");
  expect(bearer(1)).toBe("Bearer ek_1");
  await vi.advanceTimersByTimeAsync(300_000);
  expect(await keyring.value()).toBe("ek_3");
});

test("a renewal that fails is tried again while the key is good", async () => {
  const keyring = opened();
  await keyring.value();
  asked.mockRejectedValueOnce(new TypeError("Failed to fetch"));
  await vi.advanceTimersByTimeAsync(300_000);
  expect(await keyring.value()).toBe("ek_1");
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await keyring.value()).toBe("ek_2");
});

test("a renewal that is refused is the end of it", async () => {
  const keyring = opened();
  await keyring.value();
  asked.mockImplementation(async () => new Response("", { status: 401 }));
  await vi.advanceTimersByTimeAsync(600_000);
  expect(asked).toHaveBeenCalledTimes(2);
  await expect(keyring.value()).rejects.toMatchObject({ problem: { kind: "key-refused" } });
});
