import { Failure } from "../types.ts";
import { throttled, unreachable } from "./failures.ts";
import type { Outcome } from "./fetch-page.ts";

/** Replies of the same bad kind in a row, none good in between, after which it is the host and not the page. */
const stallAfter = 12;
const throttledAfter = 3;
/** good replies in a row after which one more request at once is tried */
const recoverAfter = 32;

/** Tells a broken page from a broken host, and asks for less at once when the host says it is too much. */
export class Health {
  readonly #host: string;
  readonly #most: number;
  #allowed: number;
  #good = 0;
  #stalled = 0;
  #throttled = 0;
  #longest = 0;

  constructor(host: string, concurrency: number) {
    this.#host = host;
    this.#most = concurrency;
    this.#allowed = concurrency;
  }

  /** requests that may be under way at once */
  get allowed(): number {
    return this.#allowed;
  }

  /** @throws Failure when the host as a whole is in trouble */
  watch(outcome: Outcome): void {
    const trouble = outcome.kind === "fail" ? outcome.trouble : null;
    if (!trouble) {
      this.#stalled = this.#throttled = this.#longest = 0;
      if (++this.#good % recoverAfter === 0 && this.#allowed < this.#most) this.#allowed++;
      return;
    }
    this.#good = 0;
    if (trouble.kind === "throttled") {
      this.#allowed = Math.max(1, this.#allowed >> 1);
      this.#longest = Math.max(this.#longest, trouble.retryAfterSeconds ?? 0);
      if (++this.#throttled >= throttledAfter)
        throw throttled(this.#host, this.#longest === 0 ? undefined : this.#longest, trouble.error);
      return;
    }
    if (++this.#stalled < stallAfter) return;
    if (trouble.kind === "blocked") throw unreachable(this.#host, trouble.error);
    throw new Failure(
      "transient",
      `${this.#host} stopped answering: the last ${this.#stalled} pages could not be fetched.`,
      {
        fix: "Nothing was deleted. The next sync goes on; if this stays, check that the site is up.",
        cause: trouble.error,
      },
    );
  }
}
