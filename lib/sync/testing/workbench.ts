import { createHash } from "node:crypto";
import { newId } from "#lib/contract/ids.ts";
import type { Authorized, Connector } from "#lib/connectors/types.ts";
import { pool } from "#lib/db/client.ts";
import { transaction } from "#lib/db/tx.ts";
import { createHttp } from "#lib/egress/http.ts";
import type { Http, HttpOptions, HttpRequest } from "#lib/egress/types.ts";
import type { Extracted, ExtractInput, Extractor } from "#lib/extract/types.ts";
import { enqueueSync } from "#lib/runs/enqueue.ts";
import type { FakeSource } from "#lib/testing/fake-source.ts";
import { apiOf } from "#lib/oauth/endpoints.ts";
import { setEnvForTests } from "#lib/env.ts";
import { executeRun, type Engine, type RunResult } from "../run.ts";

/** One connection to a fake source, and the real engine over a real database. */
export interface Workbench {
  readonly organizationId: string;
  readonly connectionId: string;
  /** queues a run and executes it to its end */
  sync(engine?: Partial<Engine>, stop?: AbortSignal): Promise<{ runId: string; result: RunResult }>;
  /** queues a run */
  enqueue(): Promise<string>;
  /** executes a queued or interrupted run, as if its former worker had died long ago */
  execute(runId: string, engine?: Partial<Engine>, stop?: AbortSignal): Promise<RunResult>;
  run(runId: string): Promise<RunCounters>;
  connection(): Promise<ConnectionFacts>;
  /** live documents: id at the provider → text */
  stored(): Promise<Map<string, string>>;
  close(): Promise<void>;
}

export interface RunCounters {
  readonly status: string;
  readonly listed: number;
  readonly new: number;
  readonly changed: number;
  readonly same: number;
  readonly removed: number;
  readonly skipped: number;
  readonly failed: number;
  readonly waiting: number;
  readonly held: number;
  readonly error_code: string | null;
  readonly failure_kind: string | null;
  readonly error: string | null;
  readonly notes: string[];
  readonly attempts: number;
  readonly crashes: number;
  readonly waiting_until: Date | null;
  readonly bytes_saved: number;
}

export interface ConnectionFacts {
  readonly failure_kind: string | null;
  readonly held_deletions: number;
  readonly document_count: number;
  readonly fence: string;
  readonly cursor: unknown;
}

/** Text is what the bytes say; enough where extraction is not what is tested. */
export const plainExtractor: Extractor = {
  async extract(input: ExtractInput): Promise<Extracted> {
    return { markdown: Buffer.from(input.bytes).toString("utf8"), mime: input.mime ?? "text/plain", type: "text" };
  },
  page: () => Promise.reject(new Error("no pages here")),
  close: async () => {},
};

/** The real door to the network, impatient: a fake that stalls must not hold a test for half a minute. */
export function impatientHttp(options: HttpOptions): Http & { close(): Promise<void> } {
  const http = createHttp(options);
  const most = { connectTimeoutMs: 2_000, headersTimeoutMs: 1_500, idleTimeoutMs: 1_500, totalTimeoutMs: 5_000 };
  const impatient = (request: HttpRequest = {}): HttpRequest => {
    const limits = Object.entries(most).map(([name, ms]) => [
      name,
      Math.min(request[name as keyof typeof most] ?? ms, ms),
    ]);
    return { ...request, ...Object.fromEntries(limits) };
  };
  return {
    request: (url, request) => http.request(url, impatient(request)),
    close: () => http.close(),
  };
}

/** The fake's own token on requests to its API, without any renewal: what that needs is tested in lib/oauth. */
function staticGrant(connector: Connector, source: FakeSource, http: Http): Authorized {
  const { origin } = new URL(apiOf(connector));
  const { accessToken, facts = {} } = source.grant ?? { accessToken: "none" };
  return {
    grant: facts,
    http: {
      request: (url, request = {}) =>
        new URL(url).origin === origin
          ? http.request(url, {
              ...request,
              headers: { ...request.headers, authorization: `Bearer ${source.grant?.accessToken ?? accessToken}` },
            })
          : http.request(url, request),
    },
  };
}

export interface WorkbenchOptions {
  readonly organizationId: string;
  readonly connector: Connector;
  readonly source: FakeSource;
  readonly engine?: Partial<Engine>;
  /** columns of connections that are not the default */
  readonly documentLimit?: number;
  readonly containerTags?: readonly string[];
  readonly metadata?: Readonly<Record<string, string>>;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** for worker processes, which unseal for themselves: secrets are kept with the other settings */
  readonly plainSecrets?: boolean;
}

export async function workbench(options: WorkbenchOptions): Promise<Workbench> {
  const { organizationId, connector, source } = options;
  const connectionId = newId();
  const secretNames = new Set<string>(options.plainSecrets ? [] : connector.secrets);
  const settings = { ...source.metadata, ...options.settings };
  const open = Object.fromEntries(Object.entries(settings).filter(([name]) => !secretNames.has(name)));
  const secrets = Object.fromEntries(Object.entries(settings).filter(([name]) => secretNames.has(name)));
  if (source.env) setEnvForTests(source.env);
  await pool().query(
    `insert into connections (id, organization_id, provider, container_tags, config, metadata, document_limit)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [
      connectionId,
      organizationId,
      connector.id,
      options.containerTags ?? ["team"],
      JSON.stringify(open),
      JSON.stringify(options.metadata ?? {}),
      options.documentLimit ?? 10_000,
    ],
  );
  const base: Engine = {
    connector: (provider) => (provider === connector.id ? connector : undefined),
    secrets: async () => secrets,
    authorize: async (_connection, target, http) => staticGrant(target, source, http),
    createHttp: (http) => impatientHttp({ ...http, allow: [...http.allow, ...source.allow] }),
    extractor: plainExtractor,
    log: () => {},
    random: () => 0,
    ...options.engine,
  };

  const enqueue = async (): Promise<string> => {
    const { runId } = await transaction((client) =>
      enqueueSync(client, { organizationId, connectionId, trigger: "manual", requestedBy: null }),
    );
    if (runId === null) throw new Error("the connection takes no runs");
    return runId;
  };
  const execute = async (runId: string, engine: Partial<Engine> = {}, stop?: AbortSignal): Promise<RunResult> => {
    await pool().query(
      `update sync_runs set waiting_until = null,
         heartbeat_at = case when heartbeat_at is null then null else now() - interval '1 minute' end
       where id = $1`,
      [runId],
    );
    // Whoever executes it has taken its job.
    await pool().query("update pgboss.job set state = 'active' where data ->> 'runId' = $1 and state = 'created'", [
      runId,
    ]);
    return executeRun({ ...base, ...engine }, runId, stop);
  };
  return {
    organizationId,
    connectionId,
    enqueue,
    execute,
    async sync(engine, stop) {
      const runId = await enqueue();
      return { runId, result: await execute(runId, engine, stop) };
    },
    async run(runId) {
      const { rows } = await pool().query<RunCounters>(
        `select status::text as status, listed, count_new as new, count_changed as changed, count_same as same,
           count_removed as removed, count_skipped as skipped, count_failed as failed, count_waiting as waiting,
           count_held as held, error_code, failure_kind, error, notes, attempts, crashes, waiting_until,
           bytes_saved::int as bytes_saved
         from sync_runs where id = $1`,
        [runId],
      );
      if (!rows[0]) throw new Error("no such run");
      return rows[0];
    },
    async connection() {
      const { rows } = await pool().query<ConnectionFacts>(
        "select failure_kind, held_deletions, document_count, fence, cursor from connections where id = $1",
        [connectionId],
      );
      if (!rows[0]) throw new Error("no such connection");
      return rows[0];
    },
    async stored() {
      const { rows } = await pool().query<{ key: Buffer; text: string; content_hash: Buffer }>(
        `select d.key, c.text, d.content_hash from documents d join contents c on c.document_id = d.id
         where d.connection_id = $1 and d.deleted_at is null order by d.key`,
        [connectionId],
      );
      for (const row of rows) {
        const hash = createHash("sha256").update(row.text).digest();
        if (!hash.equals(row.content_hash))
          throw new Error(`the hash of ${row.key.toString()} is not that of its text`);
      }
      return new Map(rows.map((row) => [row.key.toString(), row.text]));
    },
    close: async () => {
      await pool().query("delete from documents where connection_id = $1", [connectionId]);
      await pool().query("delete from item_issues where connection_id = $1", [connectionId]);
      await pool().query("delete from connections where id = $1", [connectionId]);
    },
  };
}
