/** The server events of OpenAI's Realtime API (GA) that the page reads, and Antiphon's own beside them.
 *
 * Times are ms. What the page does not read is not described. */

export interface SessionEvent {
  type: "session.created" | "session.updated";
  session: { id?: string; antiphon?: { resume_token?: string } };
}

export interface ErrorEvent {
  type: "error";
  error: { code?: string | null; message: string };
}

/** The caller is heard to begin, or to pause; or the client ended the turn. */
export interface InputEvent {
  type:
    | "input_audio_buffer.speech_started"
    | "input_audio_buffer.speech_stopped"
    | "input_audio_buffer.committed";
  item_id: string;
}

/** `delta` is what became stable; `antiphon.text` the whole hypothesis, which may still change. */
export interface HypothesisEvent {
  type: "conversation.item.input_audio_transcription.delta";
  item_id: string;
  delta?: string;
  antiphon?: { text: string };
}

export interface TranscriptEvent {
  type: "conversation.item.input_audio_transcription.completed";
  item_id: string;
  transcript: string;
}

export interface ItemGoneEvent {
  type:
    | "conversation.item.input_audio_transcription.failed"
    | "conversation.item.deleted"
    | "input_audio_buffer.cleared";
  item_id?: string;
}

export interface ResponseCreatedEvent {
  type: "response.created";
  response: { id: string };
}

/** Text of a reply as it is written: for a spoken reply, ahead of the voice. */
export interface ReplyTextEvent {
  type: "response.output_audio_transcript.delta" | "response.output_text.delta";
  response_id: string;
  delta: string;
}

/** Everything of a reply, from its beginning, that has been heard so far. */
export interface HeardEvent {
  type: "antiphon.response.heard";
  response_id: string;
  text: string;
}

/** The reply begins to be audible; all of it was played; the rest of it was thrown away. */
export interface OutputEvent {
  type:
    | "output_audio_buffer.started"
    | "output_audio_buffer.stopped"
    | "output_audio_buffer.cleared";
  response_id: string;
}

export interface ResponseDoneEvent {
  type: "response.done";
  response: {
    id: string;
    status: "completed" | "cancelled" | "failed" | "incomplete";
    status_details?: { error?: { message?: string } } | null;
    antiphon?: { timeline_ms?: Readonly<Record<string, number>> };
  };
}

/** `ended`: the server hangs up, and there is nothing to come back to. */
export interface StateEvent {
  type: "antiphon.state";
  state: string;
}

export type ServerEvent =
  | SessionEvent
  | ErrorEvent
  | InputEvent
  | HypothesisEvent
  | TranscriptEvent
  | ItemGoneEvent
  | ResponseCreatedEvent
  | ReplyTextEvent
  | HeardEvent
  | OutputEvent
  | ResponseDoneEvent
  | StateEvent;

/** Returns the event in a message of the data channel, or null for what is no event. */
export function parse(message: string): ServerEvent | null {
  try {
    const event: unknown = JSON.parse(message);
    return isEvent(event) ? event : null;
  } catch {
    return null;
  }
}

function isEvent(value: unknown): value is ServerEvent {
  return typeof value === "object" && value !== null && "type" in value;
}
