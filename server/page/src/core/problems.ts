/** What may go wrong, in words that help. Pure. */

export type Problem =
  | { readonly kind: "insecure" }
  | { readonly kind: "unsupported" }
  | { readonly kind: "microphone-denied" }
  | { readonly kind: "microphone-absent" }
  | { readonly kind: "microphone-busy" }
  | { readonly kind: "key-missing" }
  | { readonly kind: "token-refused" }
  | { readonly kind: "key-refused" }
  | { readonly kind: "full"; readonly untilMs: number }
  | { readonly kind: "unreachable" }
  | { readonly kind: "no-media" }
  | { readonly kind: "line-lost" }
  | { readonly kind: "refused"; readonly message: string }
  | { readonly kind: "said"; readonly message: string };

export interface Words {
  readonly title: string;
  readonly advice: string;
}

const NEW_ADDRESS =
  "Ask whoever runs Antiphon for a new address, which `antiphon page` prints, and open that.";

const WORDS: Readonly<Record<Exclude<Problem["kind"], "full" | "refused" | "said">, Words>> = {
  insecure: {
    title: "This address cannot use the microphone",
    advice:
      "Browsers lend the microphone only to secure pages. Open this page by its https:// address, or as localhost on the machine that runs it.",
  },
  unsupported: {
    title: "This browser cannot hold a call",
    advice: "It lacks WebRTC. A current Chrome, Edge, Firefox or Safari has it.",
  },
  "microphone-denied": {
    title: "The microphone is blocked",
    advice:
      "Allow it for this page: choose the microphone or lock sign beside the address, then start again.",
  },
  "microphone-absent": {
    title: "No microphone found",
    advice: "Plug one in or switch it on, then start again.",
  },
  "microphone-busy": {
    title: "The microphone is in use",
    advice: "Another program holds it. Close that program, or choose another microphone.",
  },
  "key-missing": {
    title: "This address has no key",
    advice: NEW_ADDRESS,
  },
  "token-refused": {
    title: "This address was used already, or is too old",
    advice: `Each address of this page works once. ${NEW_ADDRESS}`,
  },
  "key-refused": {
    title: "The key is no longer valid",
    advice: NEW_ADDRESS,
  },
  unreachable: {
    title: "Antiphon does not answer",
    advice: "It may be starting, or the network between here and there is down.",
  },
  "no-media": {
    title: "The voice cannot get through",
    advice:
      "Antiphon answered, but no sound path to it could be found. A firewall may block UDP between here and there.",
  },
  "line-lost": {
    title: "The line dropped",
    advice: "It could not be restored within a minute. What was said stays on this page.",
  },
};

/** Returns the words for `problem` at the time `nowMs`. */
export function words(problem: Problem, nowMs: number): Words {
  switch (problem.kind) {
    case "full":
      return {
        title: "All lines are busy",
        advice: waiting(problem.untilMs - nowMs),
      };
    case "refused":
      return { title: "The call was refused", advice: problem.message };
    case "said":
      return { title: "Antiphon reports a problem", advice: problem.message };
    default:
      return WORDS[problem.kind];
  }
}

/** Returns whether there is no use in starting before some time has passed. */
export function mustWait(problem: Problem | null, nowMs: number): boolean {
  return problem?.kind === "full" && problem.untilMs > nowMs;
}

function waiting(leftMs: number): string {
  const seconds = Math.ceil(leftMs / 1000);
  if (seconds <= 0) return "A line may be free now.";
  return `A line may be free in ${seconds} ${seconds === 1 ? "second" : "seconds"}.`;
}

/** Returns what a rejected `getUserMedia` means; `name` is the DOMException's. */
export function microphoneProblem(name: string): Problem {
  switch (name) {
    case "NotAllowedError":
    case "SecurityError":
      return { kind: "microphone-denied" };
    case "NotReadableError":
    case "AbortError":
      return { kind: "microphone-busy" };
    default:
      return { kind: "microphone-absent" };
  }
}
