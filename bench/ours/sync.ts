import { accessScopes } from "#lib/contract/access.ts";
import { connectorOf } from "#lib/connections/registry.ts";
import { newId } from "#lib/contract/ids.ts";
import { createConnection } from "#lib/connections/service.ts";
import { closeDatabase, pool } from "#lib/db/client.ts";
import { transaction } from "#lib/db/tx.ts";
import { authorizeConnection } from "#lib/oauth/authorize.ts";
import { createHttp } from "#lib/egress/http.ts";
import { createExtractor } from "#lib/extract/pool.ts";
import { closeQueue } from "#lib/jobs/queue.ts";
import { enqueueSync } from "#lib/runs/enqueue.ts";
import { executeRun, type Engine } from "#lib/sync/run.ts";
import { connectionSecrets } from "#lib/vault/connection-secrets.ts";
import { vault } from "#lib/vault/seal.ts";

/**
 * One contestant: the real engine, connector, extraction and store, in a process that has synced once before (a worker
 * is a long-lived process). node sync.ts <first|again> <provider> <settings as JSON> [warm-up rounds]
 *
 * first: every document is new. again: nothing has changed.
 */
const [mode = "first", provider = "", settings = "{}", warmUps = "1"] = process.argv.slice(2);

const organizationId = newId();
await pool().query("insert into organizations (id, slug, name) values ($1, $1, 'Bench')", [organizationId]);
const principal = {
  kind: "key",
  organizationId,
  keyId: newId(),
  keyName: "bench",
  scopes: accessScopes,
  containerTag: null,
  rate: null,
} as const;
const extractor = createExtractor();
const engine: Engine = {
  connector: connectorOf,
  secrets: async (row) =>
    row.secrets === null ? {} : JSON.parse(vault().open(row.secrets, connectionSecrets(row.id, row.organization_id))),
  authorize: authorizeConnection,
  createHttp,
  extractor,
  log: (level, message, fields) => {
    if (level === "error" || level === "warn") console.error(message, fields ?? "");
  },
};

async function connect(): Promise<string> {
  const connection = await createConnection(principal, { provider, settings: JSON.parse(settings) });
  return connection.id;
}

/** Takes up the queued run, or queues one. */
async function sync(connectionId: string): Promise<number> {
  const { runId } = await transaction((client) =>
    enqueueSync(client, { organizationId, connectionId, trigger: "manual", requestedBy: null }),
  );
  if (runId === null) throw new Error("no run could be queued");
  const started = performance.now();
  const result = await executeRun(engine, runId);
  const seconds = (performance.now() - started) / 1000;
  if (result !== "completed") {
    const { rows } = await pool().query("select error from sync_runs where id = $1", [runId]);
    throw new Error(`the run ${result}: ${rows[0]?.error ?? ""}`);
  }
  return seconds;
}

let seconds = 0;
let connectionId = await connect();
for (let round = 0; round <= Number(warmUps); round++) {
  // a warm process syncs another connection: deleting the first one's rows would be measured, too
  if (mode === "first" && round > 0) connectionId = await connect();
  const cpu = process.cpuUsage();
  seconds = await sync(connectionId);
  const used = process.cpuUsage(cpu);
  if (mode === "again" && round === 0) seconds = await sync(connectionId);
  if (round === Number(warmUps)) {
    const { rows } = await pool().query<{ documents: string; characters: string }>(
      `select count(*) as documents, coalesce(sum(length(c.text)), 0) as characters
       from documents d join contents c on c.document_id = d.id where d.connection_id = $1 and d.deleted_at is null`,
      [connectionId],
    );
    console.log(
      JSON.stringify({
        documents: Number(rows[0]?.documents),
        characters: Number(rows[0]?.characters),
        seconds,
        cpuSeconds: (used.user + used.system) / 1e6,
        peakMiB: process.resourceUsage().maxRSS / 1024,
      }),
    );
  }
}
await pool().query("delete from organizations where id = $1", [organizationId]);
await extractor.close();
await closeQueue();
await closeDatabase();
process.exit(0);
