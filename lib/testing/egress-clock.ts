/** A clock for tests: every timer fires at once and moves the time to where it was set. Records the waits. */
export interface JumpClock {
  now(): number;
  after(ms: number, callback: () => void): () => void;
  /** every wait asked for, in ms */
  readonly waits: readonly number[];
  /** moves the time on without firing anything */
  advance(ms: number): void;
}

export function jumpClock(start = Date.parse("2026-11-20T12:00:00Z")): JumpClock {
  let time = start;
  const waits: number[] = [];
  return {
    now: () => time,
    after(ms, callback) {
      waits.push(ms);
      const due = time + ms;
      const handle = setImmediate(() => {
        time = Math.max(time, due);
        callback();
      });
      return () => clearImmediate(handle);
    },
    waits,
    advance(ms) {
      time += ms;
    },
  };
}

/** A clock that stands still until the test moves it; what is due then fires in order. */
export interface HandClock {
  now(): number;
  after(ms: number, callback: () => void): () => void;
  advance(ms: number): void;
  /** timers that have not fired yet */
  waiting(): number;
}

export function handClock(start = Date.parse("2026-11-20T12:00:00Z")): HandClock {
  let time = start;
  const timers = new Set<{ readonly due: number; readonly callback: () => void }>();
  return {
    now: () => time,
    after(ms, callback) {
      const timer = { due: time + ms, callback };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    advance(ms) {
      time += ms;
      for (const timer of [...timers].toSorted((a, b) => a.due - b.due)) {
        if (timer.due <= time && timers.delete(timer)) timer.callback();
      }
    },
    waiting: () => timers.size,
  };
}
