/** The caller's microphone. */

import { microphoneProblem } from "../core/problems";
import { Refusal } from "../core/refusal";

export interface Microphone {
  readonly id: string;
  readonly label: string;
}

/** Asks for the microphone; `id` empty is the system's own choice, as is one that is not there any more. */
export async function openMicrophone(id: string): Promise<MediaStreamTrack> {
  if (!window.isSecureContext) throw new Refusal({ kind: "insecure" });
  if (!navigator.mediaDevices || !("RTCPeerConnection" in window)) {
    throw new Refusal({ kind: "unsupported" });
  }
  const audio: MediaTrackConstraints = {
    echoCancellation: true,
    noiseSuppression: true,
    autoGainControl: true,
    channelCount: 1,
    ...(id === "" ? {} : { deviceId: id }),
  };
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ audio });
    const track = stream.getAudioTracks()[0];
    if (track === undefined) throw new Refusal({ kind: "microphone-absent" });
    return track;
  } catch (error) {
    if (error instanceof DOMException) throw new Refusal(microphoneProblem(error.name));
    throw error;
  }
}

/** Returns the microphones that the browser tells of: without names until one was lent. */
export async function listMicrophones(): Promise<Microphone[]> {
  const devices = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  return devices
    .filter((device) => device.kind === "audioinput" && device.deviceId !== "default")
    .filter((device) => device.label !== "")
    .map((device) => ({ id: device.deviceId, label: device.label }));
}
