/** A value that changes, and whoever wants to know. */

export type Listener<T> = (after: T, before: T) => void;

export class Store<T> {
  readonly #listeners = new Set<Listener<T>>();

  constructor(private value: T) {}

  get current(): T {
    return this.value;
  }

  /** Changes the value; the listeners hear of it only if it is another one. */
  set(value: T): void {
    const before = this.value;
    if (value === before) return;
    this.value = value;
    for (const listener of this.#listeners) listener(value, before);
  }

  /** Calls `listener` at each change until the function that is returned is called. */
  subscribe(listener: Listener<T>): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
