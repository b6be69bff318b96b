import { beforeEach, expect, test, vi } from "vitest";
import { listMicrophones, openMicrophone } from "../../src/shell/microphone";

const getUserMedia = vi.fn();
const enumerateDevices = vi.fn();

beforeEach(() => {
  vi.stubGlobal("isSecureContext", true);
  vi.stubGlobal("RTCPeerConnection", class {});
  vi.stubGlobal("navigator", { mediaDevices: { getUserMedia, enumerateDevices } });
  getUserMedia.mockReset().mockResolvedValue({ getAudioTracks: () => ["a track"] });
});

test("speech is asked for, in mono, without echo and noise", async () => {
  expect(await openMicrophone("")).toBe("a track");
  expect(getUserMedia).toHaveBeenCalledWith({
    audio: {
      echoCancellation: true,
      noiseSuppression: true,
      autoGainControl: true,
      channelCount: 1,
    },
  });
});

test("a microphone can be chosen", async () => {
  await openMicrophone("usb");
  expect(getUserMedia.mock.calls[0]?.[0].audio.deviceId).toEqual({ exact: "usb" });
});

test("one that is not there any more is replaced by the system's choice", async () => {
  getUserMedia.mockRejectedValueOnce(new DOMException("", "OverconstrainedError"));
  expect(await openMicrophone("usb")).toBe("a track");
  expect(getUserMedia.mock.lastCall?.[0].audio).not.toHaveProperty("deviceId");
});

test("one that is refused is not replaced", async () => {
  getUserMedia.mockRejectedValueOnce(new DOMException("", "NotAllowedError"));
  await expect(openMicrophone("usb")).rejects.toMatchObject({
    problem: { kind: "microphone-denied" },
  });
});

test("a refusal is told for what it is", async () => {
  getUserMedia.mockRejectedValue(new DOMException("", "NotAllowedError"));
  await expect(openMicrophone("")).rejects.toMatchObject({
    problem: { kind: "microphone-denied" },
  });
});

test("so is a stream without sound", async () => {
  getUserMedia.mockResolvedValue({ getAudioTracks: () => [] });
  await expect(openMicrophone("")).rejects.toMatchObject({
    problem: { kind: "microphone-absent" },
  });
});

test("a page that is not secure does not get that far", async () => {
  vi.stubGlobal("isSecureContext", false);
  await expect(openMicrophone("")).rejects.toMatchObject({ problem: { kind: "insecure" } });
});

test("nor does a browser without WebRTC", async () => {
  vi.stubGlobal("navigator", {});
  await expect(openMicrophone("")).rejects.toMatchObject({ problem: { kind: "unsupported" } });
});

test("microphones are listed once they have names", async () => {
  enumerateDevices.mockResolvedValue([
    { kind: "audioinput", deviceId: "default", label: "Default" },
    { kind: "audioinput", deviceId: "usb", label: "Headset" },
    { kind: "audioinput", deviceId: "", label: "" },
    { kind: "videoinput", deviceId: "cam", label: "Camera" },
  ]);
  expect(await listMicrophones()).toEqual([{ id: "usb", label: "Headset" }]);
  vi.stubGlobal("navigator", {});
  expect(await listMicrophones()).toEqual([]);
});
