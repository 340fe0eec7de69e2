import { Failure } from "../types.ts";
import type { Trouble } from "./fetch-page.ts";

/** Replies of the same bad kind in a row, none good in between, after which it is the host and not the page. */
const stallAfter = 12;
const throttledAfter = 3;

/** Tells a broken page from a broken host. */
export class Health {
  #stalled = 0;
  #throttled = 0;
  #longest: number | undefined;

  good(): void {
    this.#stalled = 0;
    this.#throttled = 0;
    this.#longest = undefined;
  }

  /** @returns the failure that ends the run, or null to go on */
  bad(trouble: Trouble, host: string): Failure | null {
    if (trouble.kind === "throttled") {
      this.#longest = Math.max(this.#longest ?? 0, trouble.retryAfterSeconds ?? 0) || this.#longest;
      if (++this.#throttled < throttledAfter) return null;
      return throttled(host, this.#longest, trouble.error);
    }
    if (++this.#stalled < stallAfter) return null;
    return new Failure(
      "transient",
      `${host} stopped answering: the last ${this.#stalled} pages could not be fetched.`,
      {
        fix: "Nothing was deleted. The next sync goes on; if this stays, check that the site is up.",
        cause: trouble.error,
      },
    );
  }
}

export function throttled(host: string, seconds: number | undefined, cause: unknown): Failure {
  const until = seconds === undefined ? "" : ` for ${describeSeconds(seconds)}`;
  return new Failure("throttled", `${host} asks us to stay away${until} (too many requests).`, {
    fix: "Nothing was deleted. The sync goes on by itself after that; a longer delay between pages (delaySeconds) helps.",
    cause,
    ...(seconds === undefined ? {} : { retryAfterSeconds: seconds }),
  });
}

function describeSeconds(seconds: number): string {
  if (seconds < 120) return `${seconds} seconds`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} minutes`;
  return `${Math.round(seconds / 3600)} hours`;
}
