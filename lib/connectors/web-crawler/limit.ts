/** The document limit while pages are under way: how many may still be added is only known when they are decided. */
export class NewPages {
  readonly #limit: number;
  readonly #mostAsked: number;
  #asked = 0;
  /** added, or on the way to be */
  #planned = 0;
  #underWay = 0;
  #waiting = 0;

  /** @param limit new documents; @param mostAsked requests for pages that are not stored yet */
  constructor(limit: number, mostAsked: number) {
    this.#limit = limit;
    this.#mostAsked = mostAsked;
  }

  /** go = ask for it; later = others have to be decided first; wait = not in this run */
  next(held: number): "go" | "later" | "wait" {
    if (this.#asked >= this.#mostAsked) return "wait";
    if (this.#planned < this.#limit) return "go";
    return this.#underWay > 0 || held > 0 ? "later" : "wait";
  }

  begin(): void {
    this.#asked++;
    this.#planned++;
    this.#underWay++;
  }

  /** Nothing is stored for it: its place is free again. */
  release(): void {
    this.#planned--;
  }

  end(): void {
    this.#underWay--;
  }

  /** One more that waits for a later run. */
  postpone(): void {
    this.#waiting++;
  }

  /** pages that wait for a later run */
  get waiting(): number {
    return this.#waiting;
  }

  /** for the run page; undefined if nothing waits */
  get note(): string | undefined {
    if (this.#waiting === 0) return undefined;
    const done =
      this.#asked >= this.#mostAsked
        ? `${this.#asked} new addresses were asked for`
        : `${this.#limit} new pages were added`;
    return `Limit reached: ${done} in this run; ${this.#waiting} more addresses wait for a later one.`;
  }
}
