/** A sliding window of tasks: at most `width` under way, `waiting` more queued so that it never runs dry. */
export class Window {
  readonly #width: number;
  readonly #waiting: number;
  readonly #queue: (() => Promise<void>)[] = [];
  #active = 0;
  #wake: (() => void)[] = [];

  constructor(width: number, waiting = width) {
    this.#width = Math.max(1, width);
    this.#waiting = waiting;
  }

  #notify(): void {
    const waiting = this.#wake;
    this.#wake = [];
    for (const wake of waiting) wake();
  }

  /** Resolves once the task is queued (not done): the caller is held back while the window is full. */
  async add(task: () => Promise<void>): Promise<void> {
    while (this.#queue.length > this.#waiting) await new Promise<void>((resolve) => this.#wake.push(resolve));
    this.#queue.push(task);
    this.#pump();
  }

  #pump(): void {
    while (this.#active < this.#width) {
      const task = this.#queue.shift();
      if (!task) return;
      this.#active++;
      // Tasks handle their own errors: one that throws is a bug and ends the process loudly.
      void task().finally(() => {
        this.#active--;
        this.#notify();
        this.#pump();
      });
    }
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
