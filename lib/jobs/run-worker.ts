import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import process from "node:process";
import { connectors } from "#lib/connectors/index.ts";
import { Failure, type Connector } from "#lib/connectors/types.ts";
import { closeDatabase, pool } from "#lib/db/client.ts";
import { isDatabaseUnavailable } from "#lib/db/tx.ts";
import { processDocument } from "#lib/documents/process.ts";
import { createHttp } from "#lib/egress/http.ts";
import { env } from "#lib/env.ts";
import { createExtractor } from "#lib/extract/pool.ts";
import { log } from "#lib/log.ts";
import { connectionSecrets } from "#lib/vault/connection-secrets.ts";
import { authorizeConnection } from "#lib/oauth/authorize.ts";
import { refreshesDone } from "#lib/oauth/tokens.ts";
import { tendGrants } from "#lib/oauth/upkeep.ts";
import { embedOrganization } from "#lib/search/embed-organization.ts";
import { indexOrganization } from "#lib/search/index-organization.ts";
import { tendIndex } from "#lib/search/queue-indexing.ts";
import { tendVectors } from "#lib/search/queue-vectors.ts";
import { vault, VaultError } from "#lib/vault/seal.ts";
import type { ConnectionRow } from "#lib/sync/claim.ts";
import { maintain } from "#lib/sync/maintenance.ts";
import { executeRun, type Engine } from "#lib/sync/run.ts";
import { tendChannels } from "#lib/webhooks/channels.ts";
import { enqueueDue, enqueueLost, failDead } from "#lib/sync/schedule.ts";
import { closeQueue, prepareQueue, startWorker, type QueueWorker } from "./queue.ts";

/** A worker: takes runs from the queue, keeps the schedule, and tidies up. Any number of them share one database. */

const heartbeatMs = 3_000;
const scheduleMs = 1_000;
const maintenanceMs = 30_000;
const channelsMs = 30_000;
const grantsMs = 30_000;
/** Everything a SIGTERM sets in motion has to be over by then. */
const stopMs = 9_000;

export interface WorkerOptions {
  /** those of lib/connectors/index.ts, unless told */
  readonly connectors?: readonly Connector[];
}

async function unseal(connection: ConnectionRow): Promise<Readonly<Record<string, unknown>>> {
  if (connection.secrets === null) return {};
  const place = connectionSecrets(connection.id, connection.organization_id);
  try {
    return JSON.parse(vault().open(connection.secrets, place)) as Record<string, unknown>;
  } catch (cause) {
    if (!(cause instanceof VaultError)) throw cause;
    throw new Failure("reauth", "The stored secrets of this connection cannot be opened.", {
      fix: "Enter all of them again, or ask an operator to put the missing sealing key back.",
      cause,
    });
  }
}

/** Runs a worker until SIGTERM, SIGINT, or the end of its supervisor. Resolves when it is gone. */
export async function runWorker(options: WorkerOptions = {}): Promise<void> {
  const id = randomUUID();
  const all = options.connectors ?? connectors;
  const byId = new Map(all.map((connector) => [connector.id, connector]));
  const stop = new AbortController();
  // Runs hand over no more than they may hold (lib/sync/window.ts); turned away, an item would count as failed.
  const extractor = createExtractor({ maxWaiting: Infinity, maxWaitingBytes: Infinity });
  const engine: Engine = {
    connector: (provider) => byId.get(provider),
    secrets: unseal,
    authorize: authorizeConnection,
    createHttp,
    extractor,
    log,
  };

  const tasks: Repeated[] = [];
  const stopped = new Promise<void>((resolve) => {
    const end = () => {
      if (!stop.signal.aborted) log("info", "the worker stops", { worker: id });
      stop.abort();
      resolve();
    };
    process.once("SIGTERM", end);
    process.once("SIGINT", end);
    // Without its supervisor a worker would live on unseen, with an old version of the code.
    process.once("disconnect", end);
  });

  const queue = await patientlyStart(stop.signal, async () => {
    await prepareQueue();
    return startWorker({
      concurrency: env().WORKER_CONCURRENCY,
      run: async (runId) => {
        await executeRun(engine, runId, stop.signal);
      },
      dead: failDead,
      document: (documentId, signal) =>
        processDocument({ createHttp, extractor }, documentId, AbortSignal.any([signal, stop.signal])),
      index: (organizationId, signal) => indexOrganization(organizationId, AbortSignal.any([signal, stop.signal])),
      vectors: (organizationId, signal) => embedOrganization(organizationId, AbortSignal.any([signal, stop.signal])),
      onError: (error) => {
        if (!isDatabaseUnavailable(error)) log("warn", "the queue reports trouble", { error: messageOf(error) });
      },
    });
  });
  if (queue) {
    process.send?.({ type: "ready" });
    log("info", "the worker is ready", { worker: id, concurrency: env().WORKER_CONCURRENCY });
    const intervals = new Map(all.map((connector) => [connector.id, connector.everyHours * 3_600]));
    tasks.push(
      new Repeated(heartbeatMs, () => reportAlive(id)),
      new Repeated(scheduleMs, async () => {
        await enqueueDue(intervals);
      }),
      new Repeated(maintenanceMs, async () => {
        await enqueueLost();
        await maintain(stop.signal);
      }),
      new Repeated(maintenanceMs, tendIndex),
      new Repeated(maintenanceMs, tendVectors),
      new Repeated(grantsMs, () => tendGrants(byId, stop.signal)),
      new Repeated(channelsMs, () => tendChannels(byId, stop.signal)),
    );
  }
  await stopped;
  await shutdown(id, tasks, queue);
  await extractor.close();
}

/** The queue reports plain objects, too. */
function messageOf(error: unknown): string {
  if (typeof error === "object" && error !== null && "message" in error) return String(error.message);
  return typeof error === "string" ? error : "unknown";
}

/** At boot the database may not be there yet. */
async function patientlyStart(stop: AbortSignal, start: () => Promise<QueueWorker>): Promise<QueueWorker | null> {
  for (let attempt = 0; !stop.aborted; attempt++) {
    try {
      return await start();
    } catch (error) {
      if (!isDatabaseUnavailable(error)) throw error;
      if (attempt === 0) log("warn", "the database does not answer; waiting for it");
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
  }
  return null;
}

/** Runs a task now and again and again; never two at once; what it throws is logged, and the next turn comes anyway. */
class Repeated {
  readonly #everyMs: number;
  readonly #task: () => Promise<void>;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #ended = false;

  constructor(everyMs: number, task: () => Promise<void>) {
    this.#everyMs = everyMs;
    this.#task = task;
    this.#turn();
  }

  #turn(): void {
    this.#running = this.#task()
      .catch((error: unknown) => {
        if (!isDatabaseUnavailable(error)) log("error", "a periodic task failed", { error: messageOf(error) });
      })
      .finally(() => {
        if (!this.#ended) this.#timer = setTimeout(() => this.#turn(), this.#everyMs);
      });
  }

  async end(): Promise<void> {
    this.#ended = true;
    clearTimeout(this.#timer);
    await this.#running;
  }
}

async function reportAlive(id: string): Promise<void> {
  await pool().query(
    `insert into worker_heartbeats (id, hostname, pid) values ($1, $2, $3)
     on conflict (id) do update set seen_at = now()`,
    [id, hostname(), process.pid],
  );
}

async function shutdown(id: string, tasks: readonly Repeated[], queue: QueueWorker | null): Promise<void> {
  const deadline = setTimeout(() => {
    log("warn", "the worker did not stop in time and ends now", { worker: id });
    process.exit(1);
  }, stopMs);
  const ended = Promise.all(tasks.map((task) => task.end()));
  // Runs under way see the stop signal, keep what they have, and go back to the queue.
  await queue?.stop(stopMs - 1_000);
  await ended;
  await refreshesDone();
  await pool()
    .query("delete from worker_heartbeats where id = $1", [id])
    .catch(() => {});
  await closeQueue();
  await closeDatabase();
  clearTimeout(deadline);
}
