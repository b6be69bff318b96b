/** A caller by OpenAI's Agents SDK, used as its documentation has it, and what the caller is told. */

import { RealtimeAgent, RealtimeSession, tool } from "@openai/agents-realtime";
import { z } from "zod";

/** Everything that happened: `events` are the types of the server's own, in order. */
export const told = { calls: [], interruptions: 0, history: [], events: [], errors: [] };

/** Returns a session over `transport`, of an agent that can ask for the weather. */
export function newSession(transport) {
  const weather = tool({
    name: "get_weather",
    description: "Tells the weather of a place.",
    parameters: z.object({ place: z.string() }),
    execute: async ({ place }) => {
      told.calls.push(place);
      return "Clouds, then sun.";
    },
  });
  const agent = new RealtimeAgent({
    name: "Guide",
    instructions: "Answer in two sentences.",
    tools: [weather],
  });
  const session = new RealtimeSession(agent, { transport, model: "antiphon" });
  session.on("transport_event", ({ type }) => told.events.push(type));
  session.on("history_updated", (history) => {
    told.history = history;
  });
  session.on("audio_interrupted", () => {
    told.interruptions += 1;
  });
  session.on("error", ({ error }) => told.errors.push(inWords(error)));
  return session;
}

function inWords(error) {
  return error instanceof Error ? String(error) : JSON.stringify(error);
}
