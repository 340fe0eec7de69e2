export interface LookupOptions<Value> {
  /** values of those of the keys that have one */
  readonly find: (keys: readonly string[]) => Promise<ReadonlyMap<string, Value>>;
  /** milliseconds a found value is believed, and that there is none */
  readonly keepMs: number;
  readonly keepMissingMs: number;
}

interface Kept<Value> {
  readonly value: Value | null;
  readonly until: number;
}

/** More would be a flood of made-up keys: then looking up waits its turn with the sender. */
const mostWaiting = 5_000;
const mostAtOnce = 500;
/** Of each kind; the oldest go first. */
const mostKept = 20_000;
const collectMs = 5;

/** Somebody asks for more than can be looked up. */
export class TooMany extends Error {}

/**
 * Reads rows by key for callers that come by the thousand a second: what they ask for within a moment is one query, and
 * answers are believed for a while, also that there is nothing.
 */
export class Lookup<Value> {
  readonly #options: LookupOptions<Value>;
  readonly #found = new Map<string, Kept<Value>>();
  // apart, so that made-up keys push no real ones out
  readonly #missing = new Map<string, Kept<Value>>();
  #waiting = new Map<string, Promise<Value | null>>();
  #batch: { readonly keys: string[]; readonly done: Promise<ReadonlyMap<string, Value>> } | null = null;

  constructor(options: LookupOptions<Value>) {
    this.#options = options;
  }

  /** Null = there is none. @throws TooMany, and whatever find() throws */
  get(key: string): Promise<Value | null> {
    const now = performance.now();
    const kept = this.#found.get(key) ?? this.#missing.get(key);
    if (kept && kept.until > now) return Promise.resolve(kept.value);
    const waiting = this.#waiting.get(key);
    if (waiting) return waiting;
    if (this.#waiting.size >= mostWaiting) return Promise.reject(new TooMany("too many keys are looked up at once"));
    const asked = this.#ask(key).finally(() => this.#waiting.delete(key));
    this.#waiting.set(key, asked);
    return asked;
  }

  /** What is known of a key may be wrong from now on. */
  forget(key: string): void {
    this.#found.delete(key);
    this.#missing.delete(key);
  }

  async #ask(key: string): Promise<Value | null> {
    if (this.#batch === null || this.#batch.keys.length >= mostAtOnce) this.#batch = this.#begin();
    const { keys, done } = this.#batch;
    keys.push(key);
    const value = (await done).get(key) ?? null;
    const { keepMs, keepMissingMs } = this.#options;
    this.forget(key);
    const side = value === null ? this.#missing : this.#found;
    side.set(key, { value, until: performance.now() + (value === null ? keepMissingMs : keepMs) });
    const [oldest] = side.keys();
    if (side.size > mostKept && oldest !== undefined) side.delete(oldest);
    return value;
  }

  #begin(): { readonly keys: string[]; readonly done: Promise<ReadonlyMap<string, Value>> } {
    const keys: string[] = [];
    const done = (async () => {
      await new Promise((resolve) => setTimeout(resolve, collectMs));
      this.#batch = null;
      return this.#options.find(keys);
    })();
    return { keys, done };
  }
}
