/** What the call is doing, as a picture and a word. */

import type { View } from "../core/view";
import { Voices } from "./voices";

export function Status({ view }: { view: View }) {
  return (
    <div class="status">
      <Voices />
      <p>{status(view)}</p>
    </div>
  );
}

export function status(view: View): string {
  switch (view.line) {
    case "idle":
      return "Ready";
    case "connecting":
      return "Connecting";
    case "reconnecting":
      return "The line dropped. Reconnecting";
    case "ended":
      return "Ended";
    case "live":
      if (view.muted && view.activity === "listening") return "Muted";
      if (view.hearing && view.activity === "listening") return "Hearing you";
      return { listening: "Listening", thinking: "Thinking", speaking: "Speaking" }[view.activity];
  }
}
