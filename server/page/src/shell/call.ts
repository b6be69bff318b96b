/** One call over WebRTC, from its offer to its end. */

import { Refusal } from "../core/refusal";
import { readRelays } from "../core/relays";
import { post } from "./keyring";

const CALLS = "/v1/realtime/calls";
const RELAYS = "/v1/antiphon/ice_servers";
const CHANNEL = "oai-events";
// This machine's own addresses are there in milliseconds, a relay of the site's after a few round trips.
const GATHERING_MS = 1_000;
// A gateway that is there answers an offer within a second or two, even while it loads models.
const ANSWERING_MS = 10_000;
// ICE and DTLS take well under a second on a network that lets them through.
const ESTABLISHING_MS = 15_000;
// A change of network shows as a short disconnection that may heal by itself.
const HEALING_MS = 1_500;

export interface CallListener {
  message(text: string): void;
  sound(stream: MediaStream): void;
  /** Once, and only after the call was established. */
  broke(): void;
}

export class Call {
  readonly #peer = new RTCPeerConnection({ iceServers: [] });
  readonly #channel = this.#peer.createDataChannel(CHANNEL);
  readonly #sender: RTCRtpSender;
  #location: string | null = null;
  #healing: ReturnType<typeof setTimeout> | undefined;
  #over = false;

  private constructor(
    track: MediaStreamTrack,
    private readonly key: string,
    private readonly listener: CallListener,
  ) {
    this.#sender = this.#peer.addTrack(track, new MediaStream([track]));
    this.#peer.ontrack = ({ track: voice }) => listener.sound(new MediaStream([voice]));
    this.#channel.onmessage = ({ data }) => listener.message(String(data));
  }

  /** Returns an established call; throws a `Refusal`, or the signal's reason once it is aborted. */
  static async place(
    track: MediaStreamTrack,
    key: string,
    session: object,
    listener: CallListener,
    signal: AbortSignal,
  ): Promise<Call> {
    const call = new Call(track, key, listener);
    try {
      await call.#establish(session, signal);
    } catch (error) {
      call.hangUp();
      throw error;
    }
    return call;
  }

  send(...events: object[]): void {
    if (this.#channel.readyState !== "open") return;
    for (const event of events) this.#channel.send(JSON.stringify(event));
  }

  async speakInto(track: MediaStreamTrack): Promise<void> {
    await this.#sender.replaceTrack(track);
  }

  /** Returns what the browser knows of the connection. */
  stats(): Promise<RTCStatsReport> {
    return this.#peer.getStats();
  }

  /** Ends the call, and gives its place at the gateway back at once. */
  hangUp(): void {
    if (this.#over) return;
    this.#fallSilent();
    // Asked for first: over a connection that is closed already there is no call to hang up.
    void this.#sayGoodbye().finally(() => this.#peer.close());
  }

  async #establish(session: object, signal: AbortSignal): Promise<void> {
    const headers = { Authorization: `Bearer ${this.key}` };
    const patience = AbortSignal.any([signal, AbortSignal.timeout(ANSWERING_MS)]);
    this.#peer.setConfiguration({ iceServers: await relays({ headers, signal: patience }) });
    await this.#peer.setLocalDescription();
    await gathered(this.#peer);
    const body = new FormData();
    body.append("sdp", this.#peer.localDescription?.sdp ?? "");
    body.append("session", JSON.stringify(session));
    const response = await post(CALLS, { body, headers, signal: patience });
    this.#location = ownPath(response.headers.get("Location"));
    await this.#peer.setRemoteDescription({ type: "answer", sdp: await response.text() });
    await opened(this.#channel, signal);
    this.#peer.onconnectionstatechange = () => this.#watch();
    this.#channel.onclose = () => this.#break();
  }

  #watch(): void {
    clearTimeout(this.#healing);
    switch (this.#peer.connectionState) {
      case "disconnected":
        this.#healing = setTimeout(() => this.#break(), HEALING_MS);
        break;
      case "failed":
      case "closed":
        this.#break();
    }
  }

  #break(): void {
    if (this.#over) return;
    this.#fallSilent();
    this.#peer.close();
    this.listener.broke();
  }

  #fallSilent(): void {
    this.#over = true;
    clearTimeout(this.#healing);
    this.#channel.onmessage = null;
  }

  async #sayGoodbye(): Promise<void> {
    if (this.#location === null) return;
    const headers = { Authorization: `Bearer ${this.key}` };
    // It may also be the page's last act. If it does not get there, the closed connection tells the same.
    const request = { method: "POST", headers, keepalive: true };
    await fetch(`${this.#location}/hangup`, request).catch(() => {});
  }
}

/** The address of the call, if it is one of the gateway's: the key is sent to no other. */
function ownPath(location: string | null): string | null {
  if (location === null) return null;
  const url = new URL(location, window.location.href);
  return url.origin === window.location.origin ? url.pathname : null;
}

/** Returns what the site's gateway names; where it does not answer, the call itself finds out why. */
async function relays(request: RequestInit): Promise<RTCIceServer[]> {
  try {
    return readRelays(await (await post(RELAYS, request)).json());
  } catch (error) {
    if (error instanceof Refusal) return [];
    throw error;
  }
}

async function gathered(peer: RTCPeerConnection): Promise<void> {
  if (peer.iceGatheringState === "complete") return;
  await new Promise<void>((resolve) => {
    setTimeout(resolve, GATHERING_MS);
    peer.onicegatheringstatechange = () => {
      if (peer.iceGatheringState === "complete") resolve();
    };
  });
}

async function opened(channel: RTCDataChannel, signal: AbortSignal): Promise<void> {
  if (channel.readyState === "open") return;
  await new Promise<void>((resolve, reject) => {
    const late = setTimeout(() => reject(new Refusal({ kind: "no-media" })), ESTABLISHING_MS);
    const settle = (how: () => void) => () => {
      clearTimeout(late);
      how();
    };
    channel.onopen = settle(resolve);
    channel.onclose = settle(() => reject(new Refusal({ kind: "no-media" })));
    signal.addEventListener(
      "abort",
      settle(() => reject(signal.reason)),
      { once: true },
    );
  });
}
