interface Queued {
  readonly task: () => Promise<void>;
  readonly weight: number;
}

/** Tasks lighter than this are bounded by the window's width alone, so they pass heavy ones that wait for room. */
const lightBytes = 256 * 1024;

/**
 * A sliding window of tasks: at most `width` under way, `waiting` more queued so that it never runs dry. What they hold
 * in memory is bounded, too: `mostHeavyBytes` (or one task) of heavy ones, and `width` × 256 KiB of light ones.
 */
export class Window {
  readonly #width: number;
  readonly #waiting: number;
  readonly #mostHeavyBytes: number;
  readonly #queue: Queued[] = [];
  #active = 0;
  #heavy = 0;
  #wake: (() => void)[] = [];

  constructor(width: number, waiting: number, mostHeavyBytes: number) {
    this.#width = Math.max(1, width);
    this.#waiting = waiting;
    this.#mostHeavyBytes = mostHeavyBytes;
  }

  #notify(): void {
    const waiting = this.#wake;
    this.#wake = [];
    for (const wake of waiting) wake();
  }

  /**
   * Resolves once the task is queued (not done): the caller is held back while the window is full.
   * @param weight bytes the task holds until it is done
   */
  async add(task: () => Promise<void>, weight: number): Promise<void> {
    while (this.#queue.length > this.#waiting) await new Promise<void>((resolve) => this.#wake.push(resolve));
    this.#queue.push({ task, weight });
    this.#pump();
  }

  #pump(): void {
    while (this.#active < this.#width) {
      const next = this.#take();
      if (!next) return;
      const heavy = next.weight < lightBytes ? 0 : next.weight;
      this.#active++;
      this.#heavy += heavy;
      // Tasks handle their own errors: one that throws is a bug and ends the process loudly.
      void next.task().finally(() => {
        this.#active--;
        this.#heavy -= heavy;
        this.#notify();
        this.#pump();
      });
    }
  }

  /** First come, first served; only light tasks pass a heavy one that waits for room. */
  #take(): Queued | undefined {
    const weight = this.#queue.find((queued) => queued.weight >= lightBytes)?.weight ?? 0;
    const roomy = this.#heavy === 0 || this.#heavy + weight <= this.#mostHeavyBytes;
    const at = roomy ? 0 : this.#queue.findIndex((queued) => queued.weight < lightBytes);
    return at < 0 ? undefined : this.#queue.splice(at, 1)[0];
  }

  /** Forgets what has not begun. */
  drop(): void {
    this.#queue.length = 0;
    this.#notify();
  }

  get busy(): boolean {
    return this.#active + this.#queue.length > 0;
  }

  /** Resolves when nothing is queued or under way. */
  async idle(): Promise<void> {
    while (this.busy) await new Promise<void>((resolve) => this.#wake.push(resolve));
  }
}
