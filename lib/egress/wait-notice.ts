/** Tells a listener until when requests wait for the other side, and when none does any more; says nothing twice. */
export class WaitNotice {
  readonly #tell: ((until: Date | null) => void) | undefined;
  readonly #waits = new Set<{ readonly until: number }>();
  #told = 0;

  constructor(tell: ((until: Date | null) => void) | undefined) {
    this.#tell = tell;
  }

  /** @returns call it when the wait is over */
  begin(until: number): () => void {
    const wait = { until };
    this.#waits.add(wait);
    this.#update();
    return () => {
      this.#waits.delete(wait);
      this.#update();
    };
  }

  #update(): void {
    let latest = 0;
    for (const { until } of this.#waits) latest = Math.max(latest, until);
    if (latest === this.#told) return;
    this.#told = latest;
    this.#tell?.(latest === 0 ? null : new Date(latest));
  }
}
