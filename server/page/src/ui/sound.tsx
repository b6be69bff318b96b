/** Which microphone, and who finds the end of a turn. */

import { useEffect, useState } from "preact/hooks";
import { listMicrophones, type Microphone } from "../shell/microphone";
import { SoundIcon } from "./icons";

const PANEL = "sound";

interface Props {
  microphoneId: string;
  onMicrophone: (id: string) => void;
  /** Whether this browser finds the end of a turn; null where it cannot. */
  turnsHere: boolean | null;
  onTurnsHere: (here: boolean) => void;
  /** Changes where the browser may name more microphones than before. */
  line: string;
}

export function SoundButton(props: Props) {
  return (
    <>
      <button type="button" class="round" popovertarget={PANEL} aria-label="Sound settings">
        <SoundIcon />
      </button>
      <section id={PANEL} class="panel above" popover="auto" aria-label="Sound settings">
        <Microphones {...props} />
        {props.turnsHere !== null && (
          <label class="switch">
            <input
              type="checkbox"
              // biome-ignore lint/a11y/useAriaPropsForRole: a checkbox tells by itself whether it is checked
              role="switch"
              checked={props.turnsHere}
              onChange={(event) => props.onTurnsHere(event.currentTarget.checked)}
            />
            <span>
              Find the end of my turn in this browser
              <small>Answers at the first pause of half a second, without judging it.</small>
            </span>
          </label>
        )}
      </section>
    </>
  );
}

function Microphones({ microphoneId, onMicrophone, line }: Props) {
  const microphones = useMicrophones(line);
  return (
    <label class="field">
      Microphone
      <select value={microphoneId} onChange={(event) => onMicrophone(event.currentTarget.value)}>
        <option value="">The system's choice</option>
        {microphones.map(({ id, label }) => (
          <option key={id} value={id}>
            {label}
          </option>
        ))}
      </select>
      <span class="meter metered" aria-hidden="true" />
      {microphones.length === 0 && (
        <small>The browser names the others once it has lent one to this page.</small>
      )}
    </label>
  );
}

function useMicrophones(line: string): Microphone[] {
  const [microphones, setMicrophones] = useState<Microphone[]>([]);
  // Names come with the permission to listen, so a call may bring them.
  useEffect(() => {
    const look = () => void listMicrophones().then(setMicrophones);
    look();
    navigator.mediaDevices?.addEventListener("devicechange", look);
    return () => navigator.mediaDevices?.removeEventListener("devicechange", look);
  }, [line]);
  return microphones;
}
