/** Light or dark: the system's, unless the person chose the other one here. */

export type Theme = "light" | "dark";

const KEPT = "antiphon.theme";
const dark = window.matchMedia("(prefers-color-scheme: dark)");

/** Returns what is shown. */
export function theme(): Theme {
  const kept = localStorage.getItem(KEPT);
  return kept === "light" || kept === "dark" ? kept : system();
}

/** Shows the other one, and remembers that where it is not what the system asks for. */
export function toggleTheme(): void {
  const wanted = theme() === "light" ? "dark" : "light";
  if (wanted === system()) localStorage.removeItem(KEPT);
  else localStorage.setItem(KEPT, wanted);
  applyTheme();
}

export function applyTheme(): void {
  const kept = localStorage.getItem(KEPT);
  if (kept === null) delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = kept;
}

function system(): Theme {
  return dark.matches ? "dark" : "light";
}
