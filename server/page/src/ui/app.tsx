import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import { announcement } from "../core/announce";
import { type Command, command } from "../core/keyboard";
import type { View } from "../core/view";
import type { Conversation } from "../shell/conversation";
import type { Store } from "../shell/store";
import { type Controls, Dock } from "./dock";
import { Header } from "./header";
import { Notice } from "./notice";
import { Transcript } from "./transcript";
import { useStore } from "./use-store";
import { Welcome } from "./welcome";

export function App({ conversation }: { conversation: Conversation }) {
  const view = useStore(conversation.view);
  const choice = useStore(conversation.turns.choice);
  const [microphoneId, setMicrophoneId] = useState("");
  const controls: Controls = {
    start: () => void conversation.start(microphoneId),
    stop: () => conversation.stop(),
    toggleMute: () => conversation.toggleMute(),
    interrupt: () => conversation.interrupt(),
    hurry: () => conversation.hurry(),
    wipe: () => conversation.wipe(),
    findTurnsHere: (here) => void conversation.findTurnsHere(here),
    chooseMicrophone: (id) => {
      setMicrophoneId(id);
      void conversation.chooseMicrophone(id);
    },
  };
  useKeys(view, controls);
  return (
    <div class="page" data-line={view.line} data-activity={view.activity}>
      <Header stats={() => conversation.stats()} />
      <main>{view.entries.length > 0 ? <Transcript view={view} /> : <Welcome view={view} />}</main>
      {view.problem !== null && (
        <Notice problem={view.problem} onDismiss={() => conversation.dismiss()} />
      )}
      <Dock
        view={view}
        controls={controls}
        microphoneId={microphoneId}
        turnsHere={choice === "absent" ? null : choice === "on"}
      />
      <Announcer view={conversation.view} />
    </div>
  );
}

function Announcer({ view }: { view: Store<View> }) {
  const [text, setText] = useState("");
  useEffect(
    () =>
      view.subscribe((after, before) => {
        const said = announcement(before, after);
        if (said !== "") setText(said);
      }),
    [view],
  );
  return (
    <p class="visually-hidden" role="status" aria-live="polite">
      {text}
    </p>
  );
}

function useKeys(view: View, controls: Controls): void {
  // Not after the next frame: what is shown is what the keys are for.
  useLayoutEffect(() => {
    const commands: Record<Command, () => void> = {
      start: controls.start,
      mute: controls.toggleMute,
      interrupt: controls.interrupt,
    };
    const onKey = (event: KeyboardEvent) => {
      const wanted = command(pressed(event), view.line);
      if (wanted === null) return;
      event.preventDefault();
      commands[wanted]();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  });
}

function pressed(event: KeyboardEvent) {
  return {
    key: event.key,
    repeat: event.repeat,
    modified: event.ctrlKey || event.altKey || event.metaKey,
    target: event.target instanceof Element ? event.target.tagName : "",
    overlaid: document.querySelector(":popover-open") !== null,
  };
}
