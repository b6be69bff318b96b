/** What went wrong, and what to do about it. */

import { useEffect, useState } from "preact/hooks";
import { type Problem, words } from "../core/problems";
import { CloseIcon, WarningIcon } from "./icons";

interface Props {
  problem: Problem;
  onDismiss: () => void;
}

export function Notice({ problem, onDismiss }: Props) {
  const { title, advice } = words(problem, useNow(problem.kind === "full"));
  return (
    <div class="notice" role="alert">
      <WarningIcon />
      <div>
        <h2>{title}</h2>
        {/* A countdown is not read out again each second. */}
        <p aria-live="off">{advice}</p>
      </div>
      <button type="button" class="quiet" aria-label="Dismiss" onClick={onDismiss}>
        <CloseIcon />
      </button>
    </div>
  );
}

/** Returns the time in ms: once, or again each second while `ticking`. */
export function useNow(ticking: boolean): number {
  const [now, setNow] = useState(performance.now());
  useEffect(() => {
    if (!ticking) return;
    const timer = setInterval(() => setNow(performance.now()), 1_000);
    return () => clearInterval(timer);
  }, [ticking]);
  return now;
}
