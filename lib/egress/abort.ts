/** Something that can be stopped while it waits. */
export interface Abortable {
  abort(reason: unknown): void;
}

/**
 * One listener per signal, however many requests share it: thousands of requests of a run are stopped by the run's
 * one signal, and adding a listener each would cost more than the rest of the bookkeeping.
 */
export class Aborts {
  readonly #groups = new WeakMap<AbortSignal, Set<Abortable>>();

  /** A signal that has fired already stops the member at once. */
  add(signal: AbortSignal, member: Abortable): void {
    if (signal.aborted) {
      member.abort(signal.reason);
      return;
    }
    let group = this.#groups.get(signal);
    if (!group) {
      const created = new Set<Abortable>();
      group = created;
      this.#groups.set(signal, created);
      signal.addEventListener(
        "abort",
        () => {
          for (const each of created) each.abort(signal.reason);
        },
        { once: true },
      );
    }
    group.add(member);
  }

  delete(signal: AbortSignal, member: Abortable): void {
    this.#groups.get(signal)?.delete(member);
  }
}
