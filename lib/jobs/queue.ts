import { PgBoss, type Db } from "pg-boss";
import { pool } from "#lib/db/client.ts";
import type { Queryable } from "#lib/db/tx.ts";
import { env } from "#lib/env.ts";

/**
 * pg-boss behind a few functions. A job only says "look at this run", "at this document", "at what this organization has
 * to index": what is to be done, and whether, is decided from the rows, so a job that comes twice or late does no harm.
 */
const syncQueue = "sync";
const deadQueue = "sync-dead";
const documentQueue = "document";
const indexQueue = "index";
const vectorQueue = "vectors";

export interface SyncJob {
  readonly runId: string;
}

interface DocumentJob {
  readonly documentId: string;
}

interface IndexJob {
  readonly organizationId: string;
}

interface Sender {
  readonly url: string;
  readonly boss: Promise<PgBoss>;
}

const shared = globalThis as { tributaryQueue?: Sender };

const adapter = (client: Queryable): Db => ({
  executeSql: async (text, values) => ({ rows: (await client.query(text, values)).rows }),
});

async function createQueues(boss: PgBoss): Promise<void> {
  // Crashes are judged by lib/sync (cautious mode, then failure), so the queue itself hardly ever gives up.
  const options = {
    // Found out by a pass every two seconds and fetched within one: together less than LEASE_S + 5.
    heartbeatSeconds: Math.max(10, Math.round((env().LEASE_S * 2) / 3)),
    retryLimit: 100_000,
    retryDelay: 0,
    expireInSeconds: 23 * 3600,
    deleteAfterSeconds: 3600,
    notify: true,
  };
  await boss.createQueue(deadQueue, { policy: "short" });
  await boss.createQueue(syncQueue, { ...options, policy: "short", deadLetter: deadQueue });
  await boss.createQueue(documentQueue, { ...options, policy: "short" });
  await boss.createQueue(indexQueue, { ...options, policy: "short" });
  await boss.createQueue(vectorQueue, { ...options, policy: "short" });
  for (const name of [syncQueue, documentQueue, indexQueue, vectorQueue]) {
    const existing = await boss.getQueue(name);
    if (existing?.heartbeatSeconds !== options.heartbeatSeconds) await boss.updateQueue(name, options);
  }
}

/** For processes that only enqueue: no polling, no maintenance, connections borrowed from the pool. */
function sender(): Promise<PgBoss> {
  const url = env().DATABASE_URL ?? "";
  if (shared.tributaryQueue?.url !== url) {
    const boss = (async () => {
      const made = new PgBoss({
        db: { executeSql: async (text, values) => ({ rows: (await pool().query(text, values)).rows }) },
        schema: "pgboss",
        supervise: false,
        schedule: false,
      });
      made.on("error", () => {});
      await made.start();
      await createQueues(made);
      return made;
    })();
    shared.tributaryQueue = { url, boss };
    boss.catch(() => {
      if (shared.tributaryQueue?.boss === boss) delete shared.tributaryQueue;
    });
  }
  return shared.tributaryQueue.boss;
}

/** Makes sure schema and queues exist, so that the first enqueue inside a transaction is quick. */
export async function prepareQueue(): Promise<void> {
  await sender();
}

/** Ends the sender's timers (tests, shutdown). */
export async function closeQueue(): Promise<void> {
  const open = shared.tributaryQueue;
  delete shared.tributaryQueue;
  await (await open?.boss.catch(() => undefined))?.stop({ graceful: false });
}

/**
 * Adds a job for a run, in the caller's transaction: it exists if and only if that commits. At most one waiting job per
 * run; sending another is a no-op.
 */
export async function sendSync(client: Queryable, runId: string, delaySeconds = 0): Promise<void> {
  const boss = await sender();
  await boss.send(syncQueue, { runId } satisfies SyncJob, {
    db: adapter(client),
    singletonKey: runId,
    ...(delaySeconds > 0 ? { startAfter: Math.ceil(delaySeconds) } : {}),
  });
}

/**
 * The same for documents that were added or changed through the API: their text is still to be had. Without a delay one
 * that waits to be tried again later is tried now.
 */
export async function sendDocuments(
  client: Queryable,
  documentIds: readonly string[],
  delaySeconds = 0,
): Promise<void> {
  if (documentIds.length === 0) return;
  const boss = await sender();
  const jobs = documentIds.map((documentId) => ({
    data: { documentId } satisfies DocumentJob,
    singletonKey: documentId,
    ...(delaySeconds > 0 ? { startAfter: Math.ceil(delaySeconds) } : {}),
  }));
  await boss.insert(documentQueue, jobs, { db: adapter(client) });
  if (delaySeconds > 0) return;
  await client.query(
    `update pgboss.job set start_after = now()
      where name = $1 and state = 'created' and singleton_key = any($2::text[]) and start_after > now()`,
    [documentQueue, [...documentIds]],
  );
}

export async function sendDocument(client: Queryable, documentId: string, delaySeconds = 0): Promise<void> {
  await sendDocuments(client, [documentId], delaySeconds);
}

/** Which of these documents have no job that waits or is under way. */
export async function withoutDocumentJob(client: Queryable, documentIds: readonly string[]): Promise<string[]> {
  const { rows } = await client.query(
    `select d.id from unnest($2::text[]) as d(id)
      where not exists (select 1 from pgboss.job j
        where j.name = $1 and j.singleton_key = d.id and j.state in ('created', 'retry', 'active'))`,
    [documentQueue, [...documentIds]],
  );
  return rows.map((row) => String(row["id"]));
}

/** The same for an organization with rows in index_tasks: one waiting job, however many documents. */
export async function sendIndex(client: Queryable, organizationId: string): Promise<void> {
  const boss = await sender();
  await boss.send(indexQueue, { organizationId } satisfies IndexJob, {
    db: adapter(client),
    singletonKey: organizationId,
  });
}

/** The same for an organization with rows in vector_tasks. */
export async function sendVectors(client: Queryable, organizationId: string): Promise<void> {
  const boss = await sender();
  await boss.send(vectorQueue, { organizationId } satisfies IndexJob, {
    db: adapter(client),
    singletonKey: organizationId,
  });
}

export interface Work {
  /** jobs of each kind under way at once */
  readonly concurrency: number;
  /** `signal` is aborted when the queue gives the job to somebody else */
  readonly run: (runId: string, signal: AbortSignal) => Promise<void>;
  /** a job the queue has given up on */
  readonly dead: (runId: string) => Promise<void>;
  readonly document: (documentId: string, signal: AbortSignal) => Promise<void>;
  readonly index: (organizationId: string, signal: AbortSignal) => Promise<void>;
  /** vectors of what is indexed: a queue of its own, so that a slow endpoint holds up nothing */
  readonly vectors: (organizationId: string, signal: AbortSignal) => Promise<void>;
  readonly onError: (error: unknown) => void;
}

export interface QueueWorker {
  /** Takes no more jobs, waits for those under way (at most `timeoutMs`), closes its connections. */
  stop(timeoutMs: number): Promise<void>;
}

/** Starts taking jobs. Several processes may do this on one database. */
export async function startWorker(work: Work): Promise<QueueWorker> {
  const url = env().DATABASE_URL;
  if (!url) throw new Error("DATABASE_URL is not set");
  const boss = new PgBoss({
    connectionString: url,
    schema: "pgboss",
    application_name: "tributary-queue",
    max: 4,
    connectionTimeoutMillis: 5_000,
    schedule: false,
    useListenNotify: true,
    // A dead worker's job must come back within LEASE_S + a few seconds.
    superviseIntervalSeconds: 2,
    monitorIntervalSeconds: 1,
  });
  boss.on("error", work.onError);
  await boss.start();
  await createQueues(boss);
  const options = {
    localConcurrency: work.concurrency,
    pollingIntervalSeconds: 1,
    // The notice wakes idle workers at once; a job given back by a dead worker sends none, so keep looking.
    notifyPollingIntervalSeconds: 1,
    heartbeatRefreshSeconds: 3,
  };
  await boss.work<SyncJob>(syncQueue, options, async (jobs) => {
    for (const job of jobs) await work.run(job.data.runId, job.signal);
  });
  await boss.work<DocumentJob>(documentQueue, options, async (jobs) => {
    for (const job of jobs) await work.document(job.data.documentId, job.signal);
  });
  await boss.work<IndexJob>(indexQueue, { ...options, localConcurrency: 1 }, async (jobs) => {
    for (const job of jobs) await work.index(job.data.organizationId, job.signal);
  });
  await boss.work<IndexJob>(vectorQueue, { ...options, localConcurrency: 1 }, async (jobs) => {
    for (const job of jobs) await work.vectors(job.data.organizationId, job.signal);
  });
  await boss.work<SyncJob>(deadQueue, { pollingIntervalSeconds: 10 }, async (jobs) => {
    for (const job of jobs) await work.dead(job.data.runId);
  });
  return { stop: (timeoutMs) => boss.stop({ graceful: true, timeout: timeoutMs }) };
}
