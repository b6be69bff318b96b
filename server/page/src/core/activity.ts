/** Whether the agent listens, thinks or speaks. Pure. */

import type { ServerEvent } from "./events";
import type { Activity } from "./view";

const ACTIVITIES: readonly string[] = ["listening", "thinking", "speaking"] satisfies Activity[];

/** Returns the activity that the server itself names, or null where it names none of these. */
export function named(state: string): Activity | null {
  return ACTIVITIES.includes(state) ? (state as Activity) : null;
}

/** Returns what follows from `event`, for a server that does not name its state. */
export function next(current: Activity, event: ServerEvent): Activity {
  switch (event.type) {
    case "input_audio_buffer.speech_started":
    case "input_audio_buffer.cleared":
      return current === "speaking" ? "speaking" : "listening";
    case "input_audio_buffer.speech_stopped":
    case "input_audio_buffer.committed":
    case "response.created":
      return current === "speaking" ? "speaking" : "thinking";
    case "conversation.item.input_audio_transcription.completed":
      // Nothing was said: nothing will be answered.
      return current === "thinking" && !event.transcript.trim() ? "listening" : current;
    case "conversation.item.input_audio_transcription.failed":
      return current === "thinking" ? "listening" : current;
    case "output_audio_buffer.started":
      return "speaking";
    case "output_audio_buffer.stopped":
    case "output_audio_buffer.cleared":
      return "listening";
    case "response.done":
      // Read, not spoken; or taken back before its first sound.
      return current === "thinking" ? "listening" : current;
    default:
      return current;
  }
}
