import { beforeEach, expect, test, vi } from "vitest";
import { Awake } from "../../src/shell/awake";

const release = vi.fn();
const request = vi.fn();
const shown = () => document.dispatchEvent(new Event("visibilitychange"));

beforeEach(() => {
  release.mockReset();
  request.mockReset().mockResolvedValue({ release });
  vi.stubGlobal("navigator", { wakeLock: { request } });
});

test("the screen stays on during a call, also after the page was hidden", async () => {
  const awake = new Awake();
  awake.hold();
  await vi.waitFor(() => expect(request).toHaveBeenCalledTimes(1));
  shown();
  expect(request).toHaveBeenCalledTimes(2);
  await Promise.resolve();
  awake.release();
  expect(release).toHaveBeenCalledOnce();
  shown();
  expect(request).toHaveBeenCalledTimes(2);
});

test("a lock that comes after the call is given back", async () => {
  const awake = new Awake();
  awake.hold();
  awake.release();
  await vi.waitFor(() => expect(release).toHaveBeenCalledOnce());
});

test("a browser that refuses, or cannot, is left alone", async () => {
  request.mockRejectedValue(new DOMException("", "NotAllowedError"));
  new Awake().hold();
  await Promise.resolve();
  vi.stubGlobal("navigator", {});
  new Awake().hold();
  expect(request).toHaveBeenCalledOnce();
});
