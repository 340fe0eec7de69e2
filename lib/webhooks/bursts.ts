export interface BurstsOptions<Subject> {
  /** Does what the first notice asks for; everything up to so many milliseconds from then is covered by it, too. */
  readonly act: (key: string, subject: Subject) => Promise<{ readonly coversMs: number }>;
  /** from one act to the next of the same key */
  readonly everyMs: number;
  /** what failed when nobody was waiting for it any more */
  readonly onError: (error: unknown) => void;
}

interface Burst<Subject> {
  readonly first: Promise<void>;
  coveredUntil: number;
  /** of a notice that is not covered */
  again: Subject | null;
}

/**
 * Makes one act of a burst of notices. The first notice of a key acts at once; the others only leave a mark in memory,
 * and what is not covered yet acts once more when the time is over. A process that ends before that loses the mark: the
 * schedule finds what it was about.
 */
export class Bursts<Subject> {
  readonly #options: BurstsOptions<Subject>;
  readonly #bursts = new Map<string, Burst<Subject>>();

  constructor(options: BurstsOptions<Subject>) {
    this.#options = options;
  }

  /** Resolves when the notice is safe; rejects when the act it waits for fails, so that the sender tries again. */
  notice(key: string, subject: Subject): Promise<void> {
    const burst = this.#bursts.get(key);
    if (!burst) return this.#begin(key, subject);
    if (performance.now() >= burst.coveredUntil) burst.again = subject;
    return burst.first;
  }

  #begin(key: string, subject: Subject): Promise<void> {
    const burst: Burst<Subject> = { first: this.#act(key, subject), coveredUntil: Infinity, again: null };
    this.#bursts.set(key, burst);
    return burst.first;
  }

  async #act(key: string, subject: Subject): Promise<void> {
    try {
      const { coversMs } = await this.#options.act(key, subject);
      const burst = this.#bursts.get(key);
      if (burst) burst.coveredUntil = performance.now() + coversMs;
      setTimeout(() => this.#end(key), this.#options.everyMs).unref();
    } catch (error) {
      this.#bursts.delete(key);
      throw error;
    }
  }

  #end(key: string): void {
    const again = this.#bursts.get(key)?.again ?? null;
    this.#bursts.delete(key);
    if (again !== null) this.#begin(key, again).catch(this.#options.onError);
  }
}
