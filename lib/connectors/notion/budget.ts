import type { Tuning } from "./tuning.ts";

/** How much one page may cost: requests, blocks and levels. What is over is left out, and that is told. */
export class Budget {
  readonly #tuning: Pick<Tuning, "requests" | "blocks" | "levels">;
  #requests = 0;
  #blocks = 0;
  /** something was left out */
  exceeded = false;

  constructor(tuning: Pick<Tuning, "requests" | "blocks" | "levels">) {
    this.#tuning = tuning;
  }

  /** Takes one request; false = none is left. */
  request(): boolean {
    return this.#within(++this.#requests <= this.#tuning.requests);
  }

  /** Counts blocks; false = that were the last. */
  blocks(count: number): boolean {
    return this.#within((this.#blocks += count) < this.#tuning.blocks);
  }

  level(level: number): boolean {
    return this.#within(level < this.#tuning.levels);
  }

  #within(holds: boolean): boolean {
    if (!holds) this.exceeded = true;
    return holds;
  }
}
