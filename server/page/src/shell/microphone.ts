/** The caller's microphone. */

import { microphoneProblem } from "../core/problems";
import { Refusal } from "../core/refusal";

export interface Microphone {
  readonly id: string;
  readonly label: string;
}

// What a browser says of a device that is not there any more.
const GONE = ["OverconstrainedError", "NotFoundError"];

/** Asks for the microphone; `id` empty is the system's own choice, as is one that is not there any more. */
export async function openMicrophone(id: string): Promise<MediaStreamTrack> {
  if (!window.isSecureContext) throw new Refusal({ kind: "insecure" });
  if (!navigator.mediaDevices || !("RTCPeerConnection" in window)) {
    throw new Refusal({ kind: "unsupported" });
  }
  try {
    const stream = await lend(id);
    const track = stream.getAudioTracks()[0];
    if (track === undefined) throw new Refusal({ kind: "microphone-absent" });
    return track;
  } catch (error) {
    if (error instanceof DOMException) throw new Refusal(microphoneProblem(error.name));
    throw error;
  }
}

async function lend(id: string): Promise<MediaStream> {
  const audio: MediaTrackConstraints = {
    echoCancellation: true,
    noiseSuppression: true,
    autoGainControl: true,
    channelCount: 1,
  };
  if (id !== "") {
    try {
      // Chromium may lend another device than one that is merely wished for.
      return await navigator.mediaDevices.getUserMedia({
        audio: { ...audio, deviceId: { exact: id } },
      });
    } catch (error) {
      if (!(error instanceof Error) || !GONE.includes(error.name)) throw error;
    }
  }
  return navigator.mediaDevices.getUserMedia({ audio });
}

/** Returns the microphones that the browser tells of: without names until one was lent. */
export async function listMicrophones(): Promise<Microphone[]> {
  const devices = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  return devices
    .filter((device) => device.kind === "audioinput" && device.deviceId !== "default")
    .filter((device) => device.label !== "")
    .map((device) => ({ id: device.deviceId, label: device.label }));
}
