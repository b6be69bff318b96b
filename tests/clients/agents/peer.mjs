/** Calls over WebRTC, in a browser: `client.call(url, key)`, and then `client.told`. */

import { OpenAIRealtimeWebRTC } from "@openai/agents-realtime";
import { newSession, told } from "./caller.mjs";

export { told };

/** Connects; what is said to the caller is played by the page's one `audio` element. */
export async function call(url, key) {
  const audioElement = document.createElement("audio");
  document.body.replaceChildren(audioElement);
  const transport = new OpenAIRealtimeWebRTC({ baseUrl: `${url}/v1/realtime/calls`, audioElement });
  await newSession(transport).connect({ apiKey: key });
}
