/** The conversation: what the person does, what the gateway says, and the call between them. */

import type { ServerEvent } from "../core/events";
import { parse } from "../core/events";
import type { Problem } from "../core/problems";
import { type Action, reduce } from "../core/reducer";
import { Refusal } from "../core/refusal";
import * as session from "../core/session";
import { type AgentEntry, currentReply, INITIAL, type View } from "../core/view";
import { Awake } from "./awake";
import { Call } from "./call";
import type { Keyring } from "./keyring";
import { Line } from "./line";
import { LocalTurns } from "./local-turns";
import { Meters, type Voice } from "./meters";
import { openMicrophone } from "./microphone";
import { Store } from "./store";

// Three to a word: the estimate of what was heard moves on word by word.
const TICK_MS = 80;

export class Conversation {
  readonly view = new Store<View>(INITIAL);
  readonly turns = new LocalTurns({
    began: () => this.interrupt(),
    ended: () => this.#endTurn(),
    problem: (problem) => {
      this.#line?.call?.send(session.turnsUpdate(false));
      this.report(problem);
    },
  });
  #line: Line<Call> | null = null;
  #microphone: MediaStreamTrack | null = null;
  /** Counts choices of a microphone, and the ends of calls: whatever was chosen before counts no more. */
  #choice = 0;
  #meters: Meters | null = null;
  readonly #awake = new Awake();
  #ticking: ReturnType<typeof setInterval> | undefined;

  /** `speaker` plays the replies; `meter` is shown both levels once a frame. */
  constructor(
    private readonly keyring: Keyring,
    private readonly speaker: HTMLAudioElement,
    private readonly meter: (levels: Readonly<Record<Voice, number>>) => void,
  ) {}

  /** Begins a conversation; call on a click or a key, or the browser will not play the replies. */
  async start(microphoneId: string): Promise<void> {
    if (this.#line !== null) return;
    this.#do({ kind: "dialling" });
    const line = new Line<Call>((again, broke, signal) => this.#dial(again, broke, signal), {
      connected: () => this.#connected(),
      lost: () => this.#do({ kind: "lost" }),
      ended: (problem) => this.#ended(problem),
    });
    this.#line = line;
    this.#awake.hold();
    try {
      await this.keyring.value();
      const microphone = await openMicrophone(microphoneId);
      if (this.#line !== line) return microphone.stop();
      this.#meters = new Meters(this.meter);
      this.#listenTo(microphone);
    } catch (error) {
      line.close(problemIn(error));
      return;
    }
    await line.open();
  }

  stop(): void {
    this.#line?.close();
  }

  /** Changes the microphone, now if a conversation is going on. */
  async chooseMicrophone(id: string): Promise<void> {
    if (this.#microphone === null) return;
    this.#choice += 1;
    const choice = this.#choice;
    try {
      const microphone = await openMicrophone(id);
      if (this.#choice !== choice) return microphone.stop();
      this.#listenTo(microphone);
      await this.#line?.call?.speakInto(microphone);
    } catch (error) {
      if (this.#choice === choice) this.report(problemIn(error));
    }
  }

  toggleMute(): void {
    const muted = !this.view.current.muted;
    if (this.#microphone !== null) this.#microphone.enabled = !muted;
    this.#do({ kind: "muted", muted });
  }

  /** Silences the reply that is being written or spoken. */
  interrupt(): void {
    const reply = this.#silenced();
    if (reply !== undefined) this.#line?.call?.send(...session.interruption(reply.written));
  }

  async findTurnsHere(here: boolean): Promise<void> {
    await this.turns.choose(here);
    this.#line?.call?.send(session.turnsUpdate(this.turns.on));
  }

  hurry(): void {
    this.#line?.hurry();
  }

  dismiss(): void {
    this.#do({ kind: "dismissed" });
  }

  wipe(): void {
    this.#do({ kind: "wiped" });
  }

  stats(): Promise<RTCStatsReport> | undefined {
    return this.#line?.call?.stats();
  }

  async #dial(again: boolean, broke: () => void, signal: AbortSignal): Promise<Call> {
    const { resumeToken } = this.view.current;
    const opening = session.newSession(this.turns.on, again ? resumeToken : null);
    const listener = {
      message: (text: string) => this.#hear(text),
      sound: (stream: MediaStream) => this.#play(stream),
      broke,
    };
    const key = await this.keyring.value();
    if (this.#microphone === null) throw new Refusal({ kind: "microphone-absent" });
    return Call.place(this.#microphone, key, opening, listener, signal);
  }

  #connected(): void {
    // They may have changed since the call was placed, and a session that is resumed keeps what it had.
    this.#line?.call?.send(session.turnsUpdate(this.turns.on));
    if (this.#microphone !== null) void this.#line?.call?.speakInto(this.#microphone);
    this.#do({ kind: "connected" });
    clearInterval(this.#ticking);
    this.#ticking = setInterval(() => this.#do({ kind: "tick" }), TICK_MS);
  }

  #ended(problem: Problem | null): void {
    clearInterval(this.#ticking);
    this.#awake.release();
    this.#line = null;
    this.#choice += 1;
    this.#meters?.close();
    this.#meters = null;
    this.#microphone?.stop();
    this.#microphone = null;
    this.turns.leave();
    this.speaker.srcObject = null;
    this.#do({ kind: "hung-up" });
    if (problem !== null) this.report(problem);
  }

  #hear(text: string): void {
    const event = parse(text);
    if (event === null) return;
    this.#do({ kind: "event", event });
    if (isSilent(event)) this.speaker.muted = false;
    // It answers what was said before the caller went on, and the gateway lets nothing interrupt it.
    if (event.type === "response.created" && this.turns.speaking) this.interrupt();
    if (event.type === "antiphon.state" && event.state === "ended") this.stop();
  }

  #endTurn(): void {
    this.#line?.call?.send(...session.turnEnded(this.#silenced()?.written));
  }

  /** Silences the reply on this side; returns it, if there is one. */
  #silenced(): AgentEntry | undefined {
    const reply = currentReply(this.view.current);
    if (reply !== undefined) this.speaker.muted = true; // at once here, not only after a round trip
    return reply;
  }

  #play(stream: MediaStream): void {
    this.speaker.srcObject = stream;
    this.speaker.muted = false;
    this.speaker.play().catch((error: Error) => {
      // A call that took this one's place; anything else is a fault.
      if (error.name !== "AbortError") throw error;
    });
    this.#meters?.watch("agent", stream);
  }

  #listenTo(microphone: MediaStreamTrack): void {
    this.#microphone?.stop();
    this.#microphone = microphone;
    microphone.enabled = !this.view.current.muted;
    // Unplugged: the system's choice is another one by now.
    microphone.onended = () => void this.chooseMicrophone("");
    const stream = new MediaStream([microphone]);
    this.#meters?.watch("caller", stream);
    void this.turns.listenTo(stream);
  }

  report(problem: Problem): void {
    this.#do({ kind: "problem", problem });
  }

  #do(action: Action): void {
    this.view.set(reduce(this.view.current, action, performance.now()));
  }
}

/** Nothing of the reply that was silenced is still on its way. */
function isSilent(event: ServerEvent): boolean {
  return (
    event.type === "output_audio_buffer.cleared" ||
    event.type === "output_audio_buffer.stopped" ||
    event.type === "output_audio_buffer.started"
  );
}

function problemIn(error: unknown): Problem {
  if (error instanceof Refusal) return error.problem;
  throw error;
}
