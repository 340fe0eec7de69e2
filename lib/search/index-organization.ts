import { performance } from "node:perf_hooks";
import { pool } from "#lib/db/client.ts";
import { isDatabaseUnavailable, transaction } from "#lib/db/tx.ts";
import { sendIndex } from "#lib/jobs/queue.ts";
import { log } from "#lib/log.ts";
import { indexBatch, type IndexFailpoint } from "./index-batch.ts";
import { indexAttempts, noteFailure } from "./index-failure.ts";
import { flushWords } from "./known-words.ts";
import { simpleLanguage } from "./language.ts";
import { queueStep } from "./queue-indexing.ts";

/** After so long a job goes to the end of the queue: organizations with little to index wait no longer than that. */
const turnMs = 10_000;

export interface IndexOptions {
  readonly turnMs?: number;
  /** tests: what happens at named instants */
  readonly failpoint?: IndexFailpoint;
}

/**
 * Cuts the texts that wait in index_tasks into chunks and makes them searchable. Several workers may do this for one
 * organization at once; each document is taken by one of them. A document that cannot be indexed stops no other: it is
 * tried again later and has failed after five attempts. Ends when nothing is due, when its turn is over (then another
 * job is sent), or between two documents when `signal` is aborted.
 */
export async function indexOrganization(
  organizationId: string,
  signal: AbortSignal,
  options: IndexOptions = {},
): Promise<void> {
  const until = performance.now() + (options.turnMs ?? turnMs);
  const facts = await factsOf(organizationId);
  if (facts === null) return;
  try {
    for (;;) {
      if (signal.aborted) return;
      if (performance.now() > until) {
        await sendIndex(pool(), organizationId);
        return;
      }
      const did = await attempt({ organizationId, ...facts, signal, failpoint: options.failpoint });
      if (!did && !(await queueStep(organizationId))) return;
    }
  } finally {
    await flushWords(organizationId).catch((error: unknown) => {
      if (!isDatabaseUnavailable(error)) throw error;
    });
  }
}

interface Facts {
  readonly tokens: number;
  /** what texts are taken for that are too short to tell */
  readonly language: string;
}

/** Tokens of a chunk unless the organization chose another size. */
export const defaultChunkTokens = 256;

/** null = there is no such organization any more. */
async function factsOf(organizationId: string): Promise<Facts | null> {
  const { rows } = await pool().query<{ chunk_size: number | null; language: string | null }>(
    `select chunk_size, (
       select language from (
         select language from documents where organization_id = $1 and deleted_at is null
         order by updated_at desc, id desc limit 500) newest
       where language <> '${simpleLanguage}' group by language order by count(*) desc, language limit 1) as language
     from organizations where id = $1`,
    [organizationId],
  );
  const row = rows[0];
  if (!row) return null;
  return { tokens: row.chunk_size ?? defaultChunkTokens, language: row.language ?? simpleLanguage };
}

type Attempt = Parameters<typeof indexBatch>[0];

/** False when there was nothing to do. */
async function attempt(batch: Attempt): Promise<boolean> {
  const taken: string[] = [];
  try {
    const result = await indexBatch(batch, taken);
    if (typeof result === "object") await attemptOne({ ...batch, only: result.large }, true);
    return result !== "nothing";
  } catch (error) {
    if (batch.signal.aborted) return true;
    if (isDatabaseUnavailable(error) || taken.length === 0) throw error;
    // One of them cannot be indexed: each by itself, to see which.
    for (const documentId of taken) {
      if (batch.signal.aborted) break;
      await attemptOne({ ...batch, only: documentId }, false);
    }
    return true;
  }
}

async function attemptOne(batch: Attempt & { readonly only: string }, counted: boolean): Promise<void> {
  try {
    await indexBatch(batch, []);
  } catch (error) {
    if (batch.signal.aborted) return;
    if (isDatabaseUnavailable(error)) throw error;
    const attempts = await transaction((client) => noteFailure(client, batch.organizationId, batch.only, counted));
    log("warn", "a document could not be indexed", {
      document: batch.only,
      attempts,
      givenUp: attempts >= indexAttempts,
      error: error instanceof Error ? error.message : String(error),
    });
  }
}
