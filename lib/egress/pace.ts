import type { Abortable } from "./abort.ts";
import type { Clock } from "./clock.ts";
import type { Pace } from "./types.ts";

/** How late a start may be made up for, so that coarse timers do not lower the rate. */
const catchUpMs = 50;

class Waiter implements Abortable {
  readonly start: () => void;
  readonly fail: (reason: unknown) => void;
  readonly leaveQueue: (waiter: Waiter) => void;
  constructor(start: () => void, fail: (reason: unknown) => void, leaveQueue: (waiter: Waiter) => void) {
    this.start = start;
    this.fail = fail;
    this.leaveQueue = leaveQueue;
  }
  abort(reason: unknown): void {
    this.leaveQueue(this);
    this.fail(reason);
  }
}

interface Turn extends Abortable {
  readonly begun: Promise<void>;
}

/** First come, first served: so many requests at once, so many begun per second, none while the other side says wait. */
export class Pacer {
  readonly #concurrency: number;
  readonly #intervalMs: number;
  readonly #clock: Clock;
  readonly #queue: Waiter[] = [];
  #active = 0;
  #nextAt = 0;
  #heldUntil = 0;
  #timed = false;

  constructor(pace: Pace, clock: Clock) {
    this.#concurrency = Math.max(1, Math.floor(pace.concurrency));
    this.#intervalMs = pace.perSecond > 0 ? 1000 / pace.perSecond : 0;
    this.#clock = clock;
  }

  /** Takes a turn at once if nobody is before us and nothing forbids it. */
  tryBegin(): boolean {
    if (this.#queue.length > 0 || this.#active >= this.#concurrency || this.#waitMs() > 0) return false;
    this.#take();
    return true;
  }

  /** Queues for a turn. `first`: before the others, for a request that already had one. */
  queue(first: boolean): Turn {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter = new Waiter(resolve, reject, (gone) => {
      const index = this.#queue.indexOf(gone);
      if (index >= 0) this.#queue.splice(index, 1);
    });
    if (first) this.#queue.unshift(waiter);
    else this.#queue.push(waiter);
    this.#pump();
    return { begun: promise, abort: (reason) => waiter.abort(reason) };
  }

  end(): void {
    this.#active--;
    if (this.#queue.length > 0) this.#pump();
  }

  /** No request begins before then (ms since 1970). */
  hold(until: number): void {
    this.#heldUntil = Math.max(this.#heldUntil, until);
  }

  #waitMs(): number {
    if (this.#intervalMs === 0 && this.#heldUntil === 0) return 0;
    return Math.max(this.#nextAt, this.#heldUntil) - this.#clock.now();
  }

  #take(): void {
    this.#active++;
    if (this.#intervalMs > 0) {
      this.#nextAt = Math.max(this.#nextAt, this.#clock.now() - catchUpMs) + this.#intervalMs;
    }
  }

  #pump(): void {
    while (this.#queue.length > 0 && this.#active < this.#concurrency) {
      const wait = this.#waitMs();
      if (wait > 0) {
        if (this.#timed) return;
        this.#timed = true;
        this.#clock.after(wait, () => {
          this.#timed = false;
          this.#pump();
        });
        return;
      }
      this.#take();
      this.#queue.shift()?.start();
    }
  }
}
