/** What a key does, where no control has it for itself. Pure. */

import type { Line } from "./view";

export type Command = "start" | "mute" | "interrupt";

export interface Press {
  readonly key: string;
  readonly repeat: boolean;
  /** Whether Control, Alt or Meta is held: the browser's own shortcuts stay its own. */
  readonly modified: boolean;
  /** The element that has the focus. */
  readonly target: string;
  /** Whether something is open above the page, which Escape closes. */
  readonly overlaid: boolean;
}

// What these do with Space is what a person who uses the keyboard expects of them.
const TAKES_SPACE = new Set(["BUTTON", "INPUT", "SELECT", "TEXTAREA", "SUMMARY", "A"]);

export function command(press: Press, line: Line): Command | null {
  if (press.repeat || press.modified) return null;
  if (press.key === "Escape") return line === "live" && !press.overlaid ? "interrupt" : null;
  if (press.key !== " " || TAKES_SPACE.has(press.target)) return null;
  if (line === "idle" || line === "ended") return "start";
  return line === "live" ? "mute" : null;
}
