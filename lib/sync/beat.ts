import { pool } from "#lib/db/client.ts";
import { env } from "#lib/env.ts";
import type { Claim } from "./claim.ts";
import { LostClaim } from "./commit.ts";
import { Canceled, type Control } from "./control.ts";

export interface Pulse {
  readonly control: Control;
  readonly listed: number | null;
  readonly phase: string | null;
  /** something was stored in this drive */
  readonly progressed: boolean;
}

const everyMs = 1_000;
/** A run lets go of its worker after this long even if nobody waits: the queue's jobs have a longest life. */
const longestMs = 3_600_000;

/**
 * Says once a second that this run is alive and how far it is, and hears whether it was cancelled, paused, deleted or
 * taken over, and whether others wait for their turn.
 */
export class Beat {
  readonly #claim: Claim;
  readonly #pulse: () => Pulse;
  readonly #timer: NodeJS.Timeout;
  readonly #began = performance.now();
  #beating: Promise<void> | null = null;

  constructor(claim: Claim, pulse: () => Pulse) {
    this.#claim = claim;
    this.#pulse = pulse;
    this.#timer = setInterval(() => {
      this.#beating ??= this.#beat()
        // The database may be away; whoever commits next finds out.
        .catch(() => {})
        .finally(() => {
          this.#beating = null;
        });
    }, everyMs);
  }

  async #beat(): Promise<void> {
    const { control, listed, phase } = this.#pulse();
    const { rows } = await pool().query<{ cancel: boolean; state: string; crowded: boolean }>({
      name: "beat",
      text: `update sync_runs r set heartbeat_at = now(), listed = coalesce($3, r.listed), phase = coalesce($4, r.phase),
               waiting_until = $5
             where r.id = $1 and r.fence = $2 and r.status = 'running' and r.heartbeat_at is not null
             returning r.cancel_requested as cancel,
               (select c.state::text from connections c where c.id = r.connection_id) as state,
               exists (
                 select 1 from sync_runs o where o.id <> $1 and (
                   (o.status = 'queued' and not exists (
                     select 1 from sync_runs a where a.connection_id = o.connection_id and a.status = 'running'))
                   or (o.status = 'running' and o.heartbeat_at is null
                     and (o.waiting_until is null or o.waiting_until <= now())))) as crowded`,
      values: [this.#claim.run.id, this.#claim.fence, listed, phase, control.waitingUntil],
    });
    const row = rows[0];
    if (!row) control.abort(new LostClaim());
    else if (row.cancel || row.state !== "active") control.abort(new Canceled());
    else this.#slice(row.crowded);
  }

  #slice(crowded: boolean): void {
    const { control, progressed } = this.#pulse();
    const elapsed = performance.now() - this.#began;
    const slice = env().SLICE_S * 1_000;
    if (!progressed) return;
    if ((crowded && elapsed > slice) || elapsed > longestMs) {
      // A connector that takes long from one checkpoint to the next is cut off between them.
      control.stop(control.stopping === "slice" && elapsed > 3 * slice ? "shutdown" : "slice");
    }
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#beating;
  }
}
