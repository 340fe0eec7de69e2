/** Something with a time limit. */
export interface Timed {
  /** called about every 50 ms with a monotonic time in ms */
  tick(now: number): void;
  /** the process was busy or asleep for so many ms: limits move by as much */
  shift(ms: number): void;
}

const everyMs = 50;
const stallMs = 500;

/**
 * One coarse clock for all running requests instead of timers of their own: limits are seconds, requests take
 * microseconds. When the event loop stood still, nobody could answer in time, so that time is not counted.
 */
export class Deadlines {
  readonly #members = new Set<Timed>();
  #timer: NodeJS.Timeout | undefined;
  #now = 0;

  /** monotonic ms, at most 50 ms old while something is being timed */
  get now(): number {
    return this.#now;
  }

  add(member: Timed): void {
    this.#members.add(member);
    if (this.#timer) return;
    this.#now = performance.now();
    this.#timer = setInterval(() => this.#tick(), everyMs);
    this.#timer.unref();
  }

  delete(member: Timed): void {
    this.#members.delete(member);
  }

  #tick(): void {
    const now = performance.now();
    const lost = now - this.#now - everyMs;
    this.#now = now;
    if (this.#members.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      return;
    }
    for (const member of this.#members) {
      if (lost > stallMs) member.shift(lost);
      member.tick(now);
    }
  }
}
