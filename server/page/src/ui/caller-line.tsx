import type { CallerEntry } from "../core/view";

/** What the caller said; what may still change is grey. */
export function CallerLine({ entry }: { entry: CallerEntry }) {
  const stable = entry.text.slice(0, entry.stable);
  const open = entry.text.slice(entry.stable);
  return (
    <>
      <p class="who">You</p>
      <p class="said" aria-busy={!entry.settled}>
        {stable}
        {open !== "" && <span class="open">{open}</span>}
        {!entry.settled && <span class="caret" aria-hidden="true" />}
      </p>
    </>
  );
}
