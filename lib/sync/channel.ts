/** A bounded queue between a producer and a consumer; both sides end at once when it is closed with an error. */
export class Channel<T> {
  readonly #capacity: number;
  readonly #weigh: (item: T) => number;
  #items: T[] = [];
  #weight = 0;
  #ended = false;
  #error: unknown;
  #busy = false;
  #wake: (() => void)[] = [];

  constructor(capacity: number, weigh: (item: T) => number) {
    this.#capacity = capacity;
    this.#weigh = weigh;
  }

  #notify(): void {
    const waiting = this.#wake;
    this.#wake = [];
    for (const wake of waiting) wake();
  }

  #changed(): Promise<void> {
    return new Promise((resolve) => this.#wake.push(resolve));
  }

  /** Waits while the queue is full. False = nobody listens any more. */
  async push(items: readonly T[]): Promise<boolean> {
    while (this.#weight >= this.#capacity && !this.#ended) await this.#changed();
    if (this.#ended) return false;
    for (const item of items) {
      this.#items.push(item);
      this.#weight += this.#weigh(item);
    }
    this.#notify();
    return true;
  }

  /** Everything that waits, at most `most` items; null at the end. @throws the error it was closed with */
  async take(most: number): Promise<T[] | null> {
    while (this.#items.length === 0 && !this.#ended) await this.#changed();
    if (this.#items.length === 0) {
      if (this.#error !== undefined) throw this.#error;
      return null;
    }
    const taken = this.#items.length <= most ? this.#items : this.#items.slice(0, most);
    this.#items = taken === this.#items ? [] : this.#items.slice(most);
    for (const item of taken) this.#weight -= this.#weigh(item);
    this.#busy = true;
    this.#notify();
    return taken;
  }

  /** The consumer is done with what it took. */
  settle(): void {
    this.#busy = false;
    this.#notify();
  }

  /** Resolves when everything pushed so far was taken and settled, or the consumer is gone. */
  async drained(): Promise<void> {
    while ((this.#busy || this.#items.length > 0) && !this.#ended) await this.#changed();
  }

  /** No more items; what waits can still be taken, then `error` (if any) is thrown. */
  end(error?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    this.#notify();
  }

  /** Drops what waits. */
  cancel(): void {
    this.#items = [];
    this.#weight = 0;
    this.#ended = true;
    this.#notify();
  }
}
