/** A person (or a paused or deleted connection) ended the run. */
export class Canceled extends Error {}

/** The worker is asked to stop. */
export class Stopping extends Error {}

/** How a run under way is told to end: at its next checkpoint, soon, or at once. */
export class Control {
  readonly #controller = new AbortController();
  #stopping: "slice" | "shutdown" | null = null;
  #timer: NodeJS.Timeout | undefined;
  /** called when the run has to end soon */
  onShutdown: () => void = () => {};
  /** the provider asked to wait until then */
  waitingUntil: Date | null = null;

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get stopping(): "slice" | "shutdown" | null {
    return this.#stopping;
  }

  /** why it was aborted; undefined while it was not */
  get reason(): unknown {
    return this.signal.aborted ? this.signal.reason : undefined;
  }

  /** slice: end at the next checkpoint, nothing is repeated. shutdown: end within seconds, at most a batch is repeated. */
  stop(how: "slice" | "shutdown"): void {
    if (this.#stopping === "shutdown") return;
    this.#stopping = how;
    if (how === "shutdown") this.onShutdown();
  }

  /** Ends everything under way now. */
  abort(reason: unknown): void {
    clearTimeout(this.#timer);
    this.#controller.abort(reason);
  }

  /** Gives reads under way a moment before they are cut off. */
  abortSoon(): void {
    this.#timer ??= setTimeout(() => this.#controller.abort(new Stopping()), 3_000);
  }

  close(): void {
    clearTimeout(this.#timer);
  }
}
