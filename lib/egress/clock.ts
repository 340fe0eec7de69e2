/** Time as the egress code sees it; tests put their own in its place. */
export interface Clock {
  /** milliseconds since 1970 */
  now(): number;
  /** calls back once after `ms`; the returned function cancels it */
  after(ms: number, callback: () => void): () => void;
}

export const systemClock: Clock = {
  // the time at start and what has passed since: a clock that is set meanwhile makes no wait longer or shorter
  now: () => performance.timeOrigin + performance.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};
