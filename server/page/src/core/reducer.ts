/** Events and what happens on this side, into what the page shows. Pure. */

import * as activity from "./activity";
import * as agent from "./agent";
import * as caller from "./caller";
import type { ErrorEvent, ServerEvent, SessionEvent, StateEvent } from "./events";
import type { Problem } from "./problems";
import type { View } from "./view";

export type Action =
  | { readonly kind: "dialling" }
  | { readonly kind: "connected" }
  | { readonly kind: "lost" }
  | { readonly kind: "hung-up" }
  | { readonly kind: "problem"; readonly problem: Problem }
  | { readonly kind: "dismissed" }
  | { readonly kind: "wiped" }
  | { readonly kind: "muted"; readonly muted: boolean }
  | { readonly kind: "tick" }
  | { readonly kind: "event"; readonly event: ServerEvent };

const HARMLESS = new Set([
  // Said where a cancellation met a reply that had just ended by itself.
  "response_cancel_not_active",
  // Said where a reply was asked for again before the first was begun: it answers all that was said.
  "conversation_already_has_active_response",
]);

// Some three hours of talk. A page that is left in a call does not grow for ever.
const MAX_ENTRIES = 1_000;

/** Returns the view after `action` at `nowMs`, a time of any origin that never goes back. */
export function reduce(view: View, action: Action, nowMs: number): View {
  switch (action.kind) {
    case "dialling":
      return { ...view, line: "connecting", problem: null };
    case "connected":
      return { ...view, line: "live", activity: "listening", problem: null };
    case "lost":
      return { ...broken(view), line: "reconnecting" };
    case "hung-up":
      return { ...broken(view), line: "ended", muted: false, resumeToken: null };
    case "problem":
      return { ...view, problem: action.problem };
    case "dismissed":
      return { ...view, problem: null };
    case "wiped":
      return { ...view, entries: [] };
    case "muted":
      return { ...view, muted: action.muted };
    case "tick": {
      const entries = agent.ticked(view.entries, nowMs, view.pace);
      return entries === view.entries ? view : { ...view, entries };
    }
    case "event": {
      const after = bounded(told(view, action.event, nowMs));
      if (after.activityTold) return after;
      return { ...after, activity: activity.next(view.activity, action.event) };
    }
  }
}

function broken(view: View): View {
  const entries = agent.cutOff(caller.brokenOff(view.entries));
  return { ...view, entries, hearing: false, activity: "listening" };
}

function bounded(view: View): View {
  if (view.entries.length <= MAX_ENTRIES) return view;
  return { ...view, entries: view.entries.slice(-MAX_ENTRIES) };
}

function told(view: View, event: ServerEvent, nowMs: number): View {
  const { entries } = view;
  switch (event.type) {
    case "session.created":
    case "session.updated":
      return inSession(view, event);
    case "error":
      return complained(view, event);
    case "antiphon.state":
      return named(view, event);
    case "input_audio_buffer.speech_started":
      return { ...view, hearing: true, entries: caller.began(entries, event) };
    case "input_audio_buffer.speech_stopped":
    case "input_audio_buffer.committed":
      return { ...view, hearing: false };
    case "conversation.item.input_audio_transcription.delta":
      return { ...view, entries: caller.understood(entries, event) };
    case "conversation.item.input_audio_transcription.completed":
      return { ...view, entries: caller.settled(entries, event) };
    case "conversation.item.input_audio_transcription.failed":
    case "conversation.item.deleted":
    case "input_audio_buffer.cleared":
      return { ...view, entries: caller.gone(entries, event) };
    case "response.created":
      return { ...view, entries: agent.created(entries, event) };
    case "response.output_audio_transcript.delta":
    case "response.output_text.delta":
      return { ...view, entries: agent.wrote(entries, event) };
    case "antiphon.response.heard":
      return { ...view, entries: agent.heard(entries, event) };
    case "output_audio_buffer.started":
    case "output_audio_buffer.stopped":
    case "output_audio_buffer.cleared":
      return agent.sounded(view, event, nowMs);
    case "response.done":
      return { ...view, entries: agent.done(entries, event) };
    default:
      return view; // one of the events that the page has no use for
  }
}

function inSession(view: View, event: SessionEvent): View {
  const sessionId = event.session.id ?? view.sessionId;
  const resumeToken = event.session.antiphon?.resume_token ?? view.resumeToken;
  const another = view.sessionId !== null && sessionId !== view.sessionId;
  const entries =
    another && view.entries.length > 0
      ? [...view.entries, { speaker: "nobody" as const, id: `before ${sessionId}` }]
      : view.entries;
  return { ...view, sessionId, resumeToken, entries };
}

function complained(view: View, event: ErrorEvent): View {
  if (HARMLESS.has(event.error.code ?? "")) return view;
  return { ...view, problem: { kind: "said", message: event.error.message } };
}

function named(view: View, event: StateEvent): View {
  const state = activity.named(event.state);
  return state === null ? view : { ...view, activity: state, activityTold: true };
}
