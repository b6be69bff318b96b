/** Shows one moment without a gateway: `?moment=speaking`, or `?problem=microphone-denied`. */

import { render } from "preact";
import type { Problem } from "../../src/core/problems";
import { INITIAL, type View } from "../../src/core/view";
import { Conversation } from "../../src/shell/conversation";
import { Keyring } from "../../src/shell/keyring";
import "../../src/style/page.css";
import { App } from "../../src/ui/app";
import { MOMENTS, viewAt } from "../story";

const asked = new URLSearchParams(location.search);
const conversation = new Conversation(new Keyring(), new Audio(), () => {});
conversation.view.set(wanted());
if (asked.has("vad")) conversation.turns.choice.set("off");

const root = document.getElementById("page");
if (root !== null) render(<App conversation={conversation} />, root);
for (const element of document.querySelectorAll<HTMLElement>(".metered")) {
  element.style.setProperty("--caller-level", asked.get("caller") ?? "0");
  element.style.setProperty("--agent-level", asked.get("agent") ?? "0");
}

function wanted(): View {
  const moment = asked.get("moment") as keyof typeof MOMENTS | null;
  const view = moment === null ? INITIAL : viewAt(MOMENTS[moment]);
  const line = (asked.get("line") as View["line"] | null) ?? view.line;
  return { ...view, line, problem: problem() };
}

function problem(): Problem | null {
  const kind = asked.get("problem");
  if (kind === null) return null;
  if (kind === "full") return { kind, untilMs: performance.now() + 12_000 };
  return { kind, message: "The reply was too long." } as Problem;
}
