/** The page's entry: puts the parts together. */

import { render } from "preact";
import { Refusal } from "./core/refusal";
import { Conversation } from "./shell/conversation";
import { Keyring } from "./shell/keyring";
import type { Voice } from "./shell/meters";
import { applyTheme } from "./shell/theme";
import "./style/page.css";
import { App } from "./ui/app";

applyTheme();
const keyring = new Keyring();
const speaker = document.createElement("audio");
const conversation = new Conversation(keyring, speaker, show);

const metered = document.getElementsByClassName("metered");

function show(levels: Readonly<Record<Voice, number>>): void {
  for (const element of metered as HTMLCollectionOf<HTMLElement>) {
    element.style.setProperty("--caller-level", levels.caller.toFixed(3));
    element.style.setProperty("--agent-level", levels.agent.toFixed(3));
  }
}

// A one-time token is spent at once: the address may be copied from then on.
async function readAddress(): Promise<void> {
  keyring.readAddress();
  try {
    await keyring.value();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    conversation.report(error.problem);
  }
}

const root = document.getElementById("page");
if (root !== null) {
  render(<App conversation={conversation} />, root);
  root.after(speaker);
}
addEventListener("hashchange", () => void readAddress());
addEventListener("online", () => conversation.hurry());
addEventListener("pagehide", () => conversation.stop());
void readAddress();
void conversation.turns.look();
