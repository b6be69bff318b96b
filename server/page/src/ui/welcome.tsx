/** What is shown before anything was said. */

import type { View } from "../core/view";
import { status } from "./status";
import { Voices } from "./voices";

export function Welcome({ view }: { view: View }) {
  const waiting = view.line === "idle" || view.line === "ended";
  return (
    <div class="welcome">
      <Voices />
      {waiting ? (
        <>
          <h1>Speak. It answers.</h1>
          <p>
            Talk as you would to a person, and interrupt whenever you like. What you say stays on a
            server of your own organisation.
          </p>
        </>
      ) : (
        <>
          <h1>{status(view)}</h1>
          <p>{view.line === "live" ? "Say something." : "One moment."}</p>
        </>
      )}
    </div>
  );
}
