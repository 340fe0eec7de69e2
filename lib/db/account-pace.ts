import { setTimeout as delay } from "node:timers/promises";
import { EgressError, type SharedPace } from "#lib/egress/types.ts";
import { pool } from "./client.ts";

/** Slots this near have come: times are stored to the millisecond. */
const nowMs = 2;
/** Longer holds are not sat out in the middle of a request: the run goes back to the queue. */
const longestHoldMs = 120_000;

/**
 * One pace for an account, whichever connections and processes ask as it: each request takes the next slot on a line in
 * PostgreSQL, first come, first served, so that nobody starves. The line is drawn by the database's clock.
 */
export class AccountPace implements SharedPace {
  readonly #subject: string;
  readonly #perSecond: number;
  readonly #who: string;
  #held: Promise<unknown> = Promise.resolve();

  /** @param subject `<provider>:<account>` @param perSecond 0 = only what the provider holds back @param who for people: "Notion" */
  constructor(subject: string, perSecond: number, who: string) {
    this.#subject = subject;
    this.#perSecond = perSecond;
    this.#who = who;
  }

  /** @throws EgressError throttled when the provider wants to be left alone for more than two minutes; whatever aborts */
  async turn(signal: AbortSignal | undefined): Promise<void> {
    await this.#held;
    for (;;) {
      signal?.throwIfAborted();
      const waitMs = await this.#reserve();
      if (waitMs <= nowMs) return;
      await delay(waitMs, undefined, signal ? { signal } : {});
      // Somebody may have been told to slow down meanwhile: then this slot is no good any more.
      if ((await this.#holdMs()) <= nowMs) return;
    }
  }

  hold(until: number): void {
    this.holdFor(until - (performance.timeOrigin + performance.now()));
  }

  /** Nobody's next request begins within so many milliseconds. */
  holdFor(ms: number): void {
    if (ms <= 0) return;
    this.#held = pool()
      .query(
        `insert into account_paces as pace (subject, held_until)
         values ($1, clock_timestamp() + make_interval(secs => $2::float8 / 1000))
         on conflict (subject) do update set held_until = greatest(pace.held_until, excluded.held_until)`,
        [this.#subject, ms],
      )
      .catch(() => {});
  }

  /** Takes the next slot; ms until it comes. */
  async #reserve(): Promise<number> {
    if (this.#perSecond === 0) {
      const holdMs = await this.#holdMs();
      if (holdMs > longestHoldMs) throw this.#leftAlone(holdMs);
      return holdMs;
    }
    const { rows } = await pool().query<{ wait: number }>({
      name: "take-slot",
      text: `
        insert into account_paces as pace (subject, next_at)
        values ($1, clock_timestamp() + make_interval(secs => $2::float8))
        on conflict (subject) do update
          set next_at = greatest(pace.next_at, clock_timestamp(), pace.held_until) + make_interval(secs => $2::float8)
          where pace.held_until is null or pace.held_until <= clock_timestamp() + make_interval(secs => $3::float8)
        returning (extract(epoch from next_at - clock_timestamp()) - $2::float8) * 1000 as wait`,
      values: [this.#subject, 1 / this.#perSecond, longestHoldMs / 1_000],
    });
    if (rows[0]) return rows[0].wait;
    throw this.#leftAlone(await this.#holdMs());
  }

  #leftAlone(holdMs: number): EgressError {
    const seconds = Math.max(1, Math.ceil(holdMs / 1_000));
    return new EgressError("throttled", `${this.#who} asks to be left alone for ${Math.ceil(seconds / 60)} minutes.`, {
      retryAfterSeconds: seconds,
    });
  }

  async #holdMs(): Promise<number> {
    const { rows } = await pool().query<{ hold: number | null }>({
      name: "read-hold",
      text: "select extract(epoch from held_until - clock_timestamp()) * 1000 as hold from account_paces where subject = $1",
      values: [this.#subject],
    });
    return Number(rows[0]?.hold ?? 0);
  }
}
