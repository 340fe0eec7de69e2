/**
 * Pulls from a source before it is asked, a bounded number of values ahead, so that the next page travels while the
 * current one is worked on. Errors come out in order, where the value would have been.
 */
export class ReadAhead<T> {
  readonly #source: AsyncGenerator<T, void, void>;
  readonly #depth: number;
  readonly #values: T[] = [];
  #error: { readonly cause: unknown } | undefined;
  #done = false;
  #pulling = false;
  #wake: (() => void) | undefined;

  /** @param depth values held at most; pulling begins at once */
  constructor(source: AsyncGenerator<T, void, void>, depth: number) {
    this.#source = source;
    this.#depth = depth;
    void this.#pull();
  }

  /** The next value; undefined at the end. */
  async next(): Promise<T | undefined> {
    for (;;) {
      const value = this.#values.shift();
      if (value !== undefined) {
        void this.#pull();
        return value;
      }
      if (this.#error) throw this.#error.cause;
      if (this.#done) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Stops pulling; what is under way must be aborted by its own signal. */
  close(): void {
    this.#done = true;
    this.#values.length = 0;
  }

  async #pull(): Promise<void> {
    if (this.#pulling) return;
    this.#pulling = true;
    try {
      while (!this.#done && this.#values.length < this.#depth) {
        const next = await this.#source.next();
        if (next.done) this.#done = true;
        else if (!this.#done) this.#values.push(next.value);
        this.#wake?.();
      }
    } catch (cause) {
      this.#error = { cause };
      this.#done = true;
      this.#wake?.();
    } finally {
      this.#pulling = false;
    }
  }
}
