/**
 * Between fetching and storing: whoever fetches pushes, whoever stores takes batches. Bounded by count and weight; a full
 * box makes the crawl wait before it begins another page.
 */
export class Outbox<T> {
  #items: T[] = [];
  #weight = 0;
  #ended = false;
  #error: unknown;
  #failed = false;
  #wake: (() => void) | null = null;
  readonly #maxItems: number;
  readonly #maxWeight: number;
  /** called when a full box has room again */
  onRoom: () => void = () => undefined;

  constructor(maxItems: number, maxWeight: number) {
    this.#maxItems = maxItems;
    this.#maxWeight = maxWeight;
  }

  push(item: T, weight: number): void {
    this.#items.push(item);
    this.#weight += weight;
    this.#wake?.();
  }

  get full(): boolean {
    return this.#items.length >= this.#maxItems || this.#weight >= this.#maxWeight;
  }

  /** No more items will come. */
  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  /** What is in the box is still handed out, then take() throws. */
  fail(error: unknown): void {
    if (this.#ended) return;
    this.#error = error;
    this.#failed = true;
    this.end();
  }

  /** Opens the box again for another round. */
  reopen(): void {
    if (!this.#failed) this.#ended = false;
  }

  /** At least one item: `size` at once, or what came within `waitMs`. null when the box has ended and is empty. */
  async take(size: number, waitMs: number): Promise<T[] | null> {
    const deadline = Date.now() + waitMs;
    while (!this.#ended && this.#items.length < size && !this.full) {
      const left = deadline - Date.now();
      if (this.#items.length > 0 && left <= 0) break;
      await this.#change(this.#items.length > 0 ? left : null);
    }
    const items = this.#items;
    if (items.length === 0) {
      if (this.#failed) throw this.#error;
      return null;
    }
    this.#items = [];
    this.#weight = 0;
    this.onRoom();
    return items;
  }

  #change(waitMs: number | null): Promise<void> {
    return new Promise((resolve) => {
      const timer = waitMs === null ? null : setTimeout(() => this.#wake?.(), waitMs);
      this.#wake = () => {
        this.#wake = null;
        if (timer) clearTimeout(timer);
        resolve();
      };
    });
  }
}
