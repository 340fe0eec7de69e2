/** Time as the crawl sees it; tests put their own in its place. */
export interface Clock {
  /** milliseconds since 1970 */
  now(): number;
  /** calls back once after `ms`; the returned function cancels it */
  after(ms: number, callback: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};

/** The delay between two requests to the site, from the start of one to the start of the next. */
export class Turns {
  readonly #delayMs: number;
  readonly #clock: Clock;
  #nextAt = 0;

  constructor(delaySeconds: number, clock: Clock) {
    this.#delayMs = delaySeconds * 1000;
    this.#clock = clock;
  }

  /** 0 = begin now (the turn is taken); else how many milliseconds to wait before asking again. */
  claim(): number {
    if (this.#delayMs === 0) return 0;
    const now = this.#clock.now();
    if (now < this.#nextAt) return this.#nextAt - now;
    this.#nextAt = now + this.#delayMs;
    return 0;
  }

  /** Waits for a turn. @throws the signal's reason */
  async wait(signal: AbortSignal): Promise<void> {
    for (let ms = this.claim(); ms > 0; ms = this.claim()) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const cancel = this.#clock.after(ms, resolve);
      const abort = (): void => reject(signal.reason as Error);
      signal.addEventListener("abort", abort, { once: true });
      try {
        await promise;
      } finally {
        cancel();
        signal.removeEventListener("abort", abort);
      }
    }
  }
}
