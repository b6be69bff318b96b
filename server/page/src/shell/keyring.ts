/** Gets this tab its key, keeps it for as long as the tab is open, and renews it. */

import { isValid, type Key, readKey, recall, renewInMs, takeToken } from "../core/key";
import { Refusal, refusal } from "../core/refusal";

const EXCHANGE = "/v1/antiphon/page_key";
const KEPT = "antiphon.key";
// Where the gateway did not answer; half a key's life holds many such tries.
const RENEW_AGAIN_MS = 10_000;

export class Keyring {
  #key: Key | null = recall(sessionStorage.getItem(KEPT));
  #token: string | null = null;
  #exchange: Promise<void> | null = null;
  #renewal: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    this.#renewLater();
  }

  /** Takes the one-time token out of the address bar, so that it is neither copied nor kept. */
  readAddress(): void {
    const { token, rest } = takeToken(location.hash);
    if (token === null) return;
    history.replaceState(null, "", location.pathname + location.search + rest);
    this.#token = token;
  }

  /** Returns a key that is valid now, or throws a `Refusal`. */
  async value(): Promise<string> {
    if (this.#token !== null) {
      this.#exchange ??= this.#spend(this.#token).finally(() => {
        this.#exchange = null;
      });
      await this.#exchange;
    }
    if (this.#key === null) throw new Refusal({ kind: "key-missing" });
    if (!isValid(this.#key, Date.now())) throw new Refusal({ kind: "key-refused" });
    return this.#key.value;
  }

  async #spend(token: string): Promise<void> {
    try {
      this.#keep(await ask({ token }, {}));
    } catch (error) {
      // A token whose answer was lost on the way is asked with once more; a refused one is of no use.
      if (error instanceof Refusal && error.problem.kind === "unreachable") throw error;
      this.#token = null;
      // A page that is loaded again by its first address may still hold a good key.
      if (this.#key !== null) return;
      throw isRefused(error) ? new Refusal({ kind: "token-refused" }) : error;
    }
    this.#token = null;
  }

  #keep(key: Key): void {
    this.#key = key;
    sessionStorage.setItem(KEPT, JSON.stringify(key));
    this.#renewLater();
  }

  #renewLater(): void {
    clearTimeout(this.#renewal);
    if (this.#key === null || !isValid(this.#key, Date.now())) return;
    this.#renewal = setTimeout(() => this.#renew(), renewInMs(this.#key, Date.now()));
  }

  async #renew(): Promise<void> {
    if (this.#key === null || !isValid(this.#key, Date.now())) return;
    try {
      this.#keep(await ask({}, { Authorization: `Bearer ${this.#key.value}` }));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (isRefused(error)) return;
      this.#renewal = setTimeout(() => this.#renew(), RENEW_AGAIN_MS);
    }
  }
}

function isRefused(error: unknown): boolean {
  return error instanceof Refusal && error.problem.kind === "key-refused";
}

async function ask(body: object, headers: Record<string, string>): Promise<Key> {
  const response = await post(EXCHANGE, {
    body: JSON.stringify(body),
    headers: { "Content-Type": "application/json", ...headers },
  });
  const key = readKey(await response.json(), response.headers.get("Date"), Date.now());
  if (key === null) throw new Refusal({ kind: "unreachable" });
  return key;
}

/** Posts, and returns an answer that is a success; throws a `Refusal` for anything else. */
export async function post(path: string, request: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, { method: "POST", cache: "no-store", ...request });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Refusal({ kind: "unreachable" });
  }
  if (response.ok) return response;
  const { status, headers } = response;
  throw new Refusal(
    refusal(status, headers.get("Retry-After"), await response.text(), performance.now()),
  );
}
