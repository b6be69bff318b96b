/** What this client says of a session. Pure. */

// As long as the gateway itself waits, unless it judges better: it asks a model whether the turn is over.
export const LOCAL_PAUSE_MS = 500;

/** Returns the `session` of a new call. With `resumeToken`, it goes on where another call broke off.
 *
 * `events` asks for the gateway's own beside OpenAI's: what it does, what was heard, that it hangs up. */
export function newSession(localTurns: boolean, resumeToken: string | null): object {
  return {
    ...settings(localTurns),
    antiphon: { events: true, ...(resumeToken === null ? {} : { resume_token: resumeToken }) },
  };
}

/** Returns the events that hand the end of a turn to this side, or back to the gateway. */
export function turnsUpdate(localTurns: boolean): object {
  return { type: "session.update", session: settings(localTurns) };
}

/** Returns the events that end the caller's turn now, and ask for a reply to all of it.
 *
 * A reply that runs gives way, or the gateway would refuse another; `written` says whether it is, and is
 * left out where none is known here: one may be on its way. It gives way after the commit, so that another
 * that was asked for, and is not begun, waits for what was said last. */
export function turnEnded(written = true): object[] {
  return [
    { type: "input_audio_buffer.commit" },
    ...interruption(written),
    { type: "response.create" },
  ];
}

/** Returns the events that silence a reply; one that is written already can only be silenced. */
export function interruption(written: boolean): object[] {
  const clear = { type: "output_audio_buffer.clear" };
  return written ? [clear] : [{ type: "response.cancel" }, clear];
}

function settings(localTurns: boolean): object {
  // The gateway's own turn detection needs no word: it is what a session starts with.
  const turn_detection = localTurns ? null : { type: "semantic_vad" };
  return { type: "realtime", audio: { input: { turn_detection } } };
}
