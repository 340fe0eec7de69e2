import type { PoolClient } from "pg";
import type { Queryable } from "#lib/db/tx.ts";
import { decodeKey, printable } from "./key.ts";
import { writeRows } from "./statements.ts";

/**
 * The deletion guard. Absence is not deletion: what a run did not see (or was told is gone) is only marked while it
 * runs. When the listing is complete the marks are judged together, and what goes is a tombstone: hidden at once,
 * purged after TOMBSTONE_DAYS, restored with the same id if the item comes back.
 */

/** What `documents.missing_strikes` says of a document that has a `missing_run_id`. */
export const Missing = {
  /** not seen by a run that is under way, or that never completed */
  unseen: 0,
  /** one complete but suspicious listing left it out; a second one that agrees removes it */
  onceAgreed: 1,
  /** the provider said it is gone, or that it must not be stored: no second opinion needed, also after a failed run */
  explicit: 9,
  /** too many at once: waits for a person */
  held: 20,
} as const;

/** More than this many documents at once are never removed without a person. */
export const guardLimit = (documents: number): number => Math.max(25, Math.floor(documents * 0.25));

export interface Judgement {
  readonly action: "remove" | "hold" | "second-look";
  readonly note: string | null;
}

/**
 * Pure decision. `absent`: live documents a complete listing left out (`confirmed` of them also left out by the complete
 * listing before); `explicit`: those the provider named as gone; `documents`: those that were live when the run began.
 * What the run added does not count: many new documents must not make room for many removals.
 */
export function judge(facts: {
  readonly documents: number;
  readonly absent: number;
  readonly confirmed: number;
  readonly explicit: number;
  readonly listed: number;
}): Judgement {
  const missing = facts.absent + facts.explicit;
  if (missing === 0) return { action: "remove", note: null };
  if (missing > guardLimit(facts.documents)) {
    return {
      action: "hold",
      note: `${missing} of ${facts.documents} documents are gone at the source. That is unusually many, so they are kept until you decide.`,
    };
  }
  const suspicious = facts.absent > 0 && (facts.listed === 0 || missing * 2 > facts.documents);
  if (suspicious && facts.confirmed < facts.absent) {
    return {
      action: "second-look",
      note: `${facts.absent} of ${facts.documents} documents were not listed. They are removed if the next complete sync agrees.`,
    };
  }
  return { action: "remove", note: null };
}

/** Marks what an unordered, complete listing did not see. */
export async function markUnseen(client: Queryable, connectionId: string, runId: string): Promise<void> {
  await client.query(
    `update documents set missing_run_id = $2, deleted_reason = 'not listed'
     where connection_id = $1 and deleted_at is null and seen_run_id is distinct from $2
       and missing_run_id is distinct from $2`,
    [connectionId, runId],
  );
}

/** Candidates of this run: seen missing by it (only if absence counts), and explicit ones of any run. */
const candidates = `connection_id = $1 and deleted_at is null and missing_run_id is not null
  and ((missing_run_id = $2 and ($3 or missing_strikes = ${Missing.explicit})) or missing_strikes = ${Missing.explicit})`;

export interface GuardResult {
  readonly removed: number;
  readonly held: number;
  readonly note: string | null;
}

/**
 * Judges the marks and acts, inside the run's last transaction (the connection's row is locked). Run again after a
 * crash it finds nothing left to do: tombstones are not candidates.
 */
export async function applyGuard(
  client: PoolClient,
  input: {
    readonly organizationId: string;
    readonly connectionId: string;
    readonly runId: string;
    /** a complete, ordered, undisturbed listing: absence counts */
    readonly complete: boolean;
    readonly listed: number;
    /** live documents when the run began */
    readonly before: number;
  },
): Promise<GuardResult> {
  const scope = [input.connectionId, input.runId, input.complete];
  const facts = await client.query<{ explicit: string; absent: string; confirmed: string }>(
    `select count(*) filter (where missing_strikes = ${Missing.explicit}) as explicit,
            count(*) filter (where missing_strikes <> ${Missing.explicit}) as absent,
            count(*) filter (where missing_strikes in (${Missing.onceAgreed}, ${Missing.held})) as confirmed
     from documents where ${candidates}`,
    scope,
  );
  const row = facts.rows[0];
  const counts = {
    documents: input.before,
    explicit: Number(row?.explicit ?? 0),
    absent: Number(row?.absent ?? 0),
    confirmed: Number(row?.confirmed ?? 0),
    listed: input.listed,
  };
  const { action, note } = judge(counts);
  let removed = 0;
  if (action === "hold") {
    await client.query(
      `update documents set missing_strikes = ${Missing.held}, missing_run_id = $2 where ${candidates}`,
      scope,
    );
  } else if (action === "second-look") {
    removed = await tombstone(client, input, `${candidates} and missing_strikes = ${Missing.explicit}`, scope);
    await client.query(
      `update documents set missing_strikes = ${Missing.onceAgreed} where ${candidates} and missing_strikes <> ${Missing.explicit}`,
      scope,
    );
  } else if (counts.absent + counts.explicit > 0) {
    removed = await tombstone(client, input, candidates, scope);
  }
  const held = await client.query<{ n: string }>(
    `select count(*) as n from documents
     where connection_id = $1 and missing_run_id is not null and missing_strikes = ${Missing.held} and deleted_at is null`,
    [input.connectionId],
  );
  return { removed, held: Number(held.rows[0]?.n ?? 0), note };
}

async function tombstone(
  client: PoolClient,
  input: { readonly organizationId: string; readonly runId: string },
  where: string,
  scope: unknown[],
): Promise<number> {
  let removed = 0;
  for (;;) {
    const { rows } = await client.query<{ id: string; key: Buffer; title: string | null; reason: string | null }>(
      `with gone as (select id, deleted_reason from documents where ${where} limit 2000)
       update documents d set deleted_at = now(), updated_at = now(), missing_run_id = null, missing_strikes = 0
       from gone where d.id = gone.id
       returning d.id, d.key, d.title, gone.deleted_reason as reason`,
      scope,
    );
    if (rows.length === 0) return removed;
    removed += rows.length;
    await writeRows(
      client,
      input.organizationId,
      input.runId,
      rows.map((row) => ({
        verdict: "removed",
        title: row.title ?? "",
        externalId: printable(decodeKey(row.key)),
        documentId: row.id,
        reason: null,
        detail: row.reason,
      })),
    );
  }
}

/** Removes what a person decided to let go. Returns how many. */
export async function removeHeld(client: PoolClient, organizationId: string, connectionId: string): Promise<number> {
  const { rowCount } = await client.query(
    `update documents set deleted_at = now(), updated_at = now(), missing_run_id = null, missing_strikes = 0
     where connection_id = $1 and organization_id = $2 and deleted_at is null and missing_run_id is not null
       and missing_strikes = ${Missing.held}`,
    [connectionId, organizationId],
  );
  return rowCount ?? 0;
}

/** Keeps what a person decided to keep: the marks go; a later complete listing may ask again. */
export async function keepHeld(client: PoolClient, organizationId: string, connectionId: string): Promise<number> {
  const { rowCount } = await client.query(
    `update documents set missing_run_id = null, missing_strikes = 0, deleted_reason = null
     where connection_id = $1 and organization_id = $2 and deleted_at is null and missing_run_id is not null
       and missing_strikes = ${Missing.held}`,
    [connectionId, organizationId],
  );
  return rowCount ?? 0;
}
