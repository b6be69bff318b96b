/** The controls of a call, and what it is doing. */

import { useEffect, useRef } from "preact/hooks";
import { mustWait } from "../core/problems";
import { currentReply, type View } from "../core/view";
import { EndIcon, InterruptIcon, MicrophoneIcon, MutedIcon } from "./icons";
import { useNow } from "./notice";
import { SoundButton } from "./sound";
import { Status } from "./status";

export interface Controls {
  start(): void;
  stop(): void;
  toggleMute(): void;
  interrupt(): void;
  hurry(): void;
  wipe(): void;
  chooseMicrophone(id: string): void;
  findTurnsHere(here: boolean): void;
}

interface Props {
  view: View;
  controls: Controls;
  microphoneId: string;
  turnsHere: boolean | null;
}

export function Dock({ view, controls, microphoneId, turnsHere }: Props) {
  const resting = view.line === "idle" || view.line === "ended";
  return (
    <footer class="dock">
      {view.entries.length > 0 && <Status view={view} />}
      <div class="controls">
        {resting ? (
          <Start view={view} controls={controls} />
        ) : (
          <Calling view={view} controls={controls} />
        )}
        <SoundButton
          line={view.line}
          microphoneId={microphoneId}
          onMicrophone={controls.chooseMicrophone}
          turnsHere={turnsHere}
          onTurnsHere={controls.findTurnsHere}
        />
      </div>
      <p class="keys">
        {resting ? (
          <>
            <kbd>Space</kbd> starts
          </>
        ) : (
          <>
            <kbd>Space</kbd> mutes <kbd>Esc</kbd> interrupts
          </>
        )}
      </p>
    </footer>
  );
}

interface PartProps {
  view: View;
  controls: Controls;
}

function Start({ view, controls }: PartProps) {
  const now = useNow(view.problem?.kind === "full");
  const start = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    // The button that ended the call is gone.
    if (view.line === "ended") start.current?.focus();
  }, [view.line]);
  const said = view.entries.length > 0;
  return (
    <>
      <button
        ref={start}
        type="button"
        class="start"
        onClick={controls.start}
        disabled={mustWait(view.problem, now)}
      >
        <MicrophoneIcon />
        {said ? "Start again" : "Start talking"}
      </button>
      {said && (
        <button type="button" class="plain" onClick={controls.wipe}>
          Clear transcript
        </button>
      )}
    </>
  );
}

function Calling({ view, controls }: PartProps) {
  const mute = useRef<HTMLButtonElement>(null);
  // The start button is gone, and Space is to mute from now on.
  useEffect(() => mute.current?.focus(), []);
  return (
    <>
      <button
        ref={mute}
        type="button"
        class="round microphone metered"
        aria-pressed={view.muted}
        aria-label="Mute the microphone"
        onClick={controls.toggleMute}
      >
        {view.muted ? <MutedIcon /> : <MicrophoneIcon />}
      </button>
      <button
        type="button"
        class="round"
        aria-label="Interrupt the answer"
        disabled={currentReply(view) === undefined}
        onClick={controls.interrupt}
      >
        <InterruptIcon />
      </button>
      {view.line === "reconnecting" && (
        <button type="button" class="plain" onClick={controls.hurry}>
          Try now
        </button>
      )}
      <button
        type="button"
        class="round end"
        aria-label="End the conversation"
        onClick={controls.stop}
      >
        <EndIcon />
      </button>
    </>
  );
}
