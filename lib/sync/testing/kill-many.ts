import process from "node:process";
import { newId } from "#lib/contract/ids.ts";
import { closeDatabase, pool } from "#lib/db/client.ts";
import { env } from "#lib/env.ts";
import { closeQueue } from "#lib/jobs/queue.ts";
import { killLoop } from "./kill-loop.ts";
import { toyConnector } from "./toy-connector.ts";
import { startToySource } from "./toy-source.ts";
import { workbench } from "./workbench.ts";

/**
 * The long version of the kill test, on a migrated database: `DATABASE_URL=… node lib/sync/testing/kill-many.ts 200 10000`
 * kills a worker 200 times during one sync of 10,000 items and compares what is stored with what is there.
 */
const [kills = "200", items = "10000"] = process.argv.slice(2);
const source = await startToySource();
source.fill(Number(items));
source.onRequest = () => new Promise((resolve) => setTimeout(resolve, 5));
const organizationId = newId();
await pool().query("insert into organizations (id, slug, name) values ($1, $1, 'Kill test')", [organizationId]);
const bench = await workbench({ organizationId, connector: toyConnector("keyed"), source, plainSecrets: true });
const values = { DATABASE_URL: env().DATABASE_URL ?? "", EGRESS_ALLOW: source.allow.join(","), LEASE_S: "10" };
const began = performance.now();
const report = await killLoop(bench, source, values, Number(kills));
const stored = await bench.stored();
const expected = source.expected();
const { rows } = await pool().query<{ id: string }>("select id from sync_runs where connection_id = $1", [
  bench.connectionId,
]);
const run = await bench.run(rows[0]?.id ?? "");
const lost = [...expected].filter(([id, text]) => stored.get(id) !== text).length;
const extra = [...stored.keys()].filter((id) => !expected.has(id)).length;
const ok = lost === 0 && extra === 0 && run.new === expected.size && run.changed + run.removed + run.failed === 0;
console.log(
  JSON.stringify({
    ...report,
    items: expected.size,
    lost,
    extra,
    rereadsPerKill: Math.round(report.rereads / Math.max(1, report.kills)),
    seconds: Math.round((performance.now() - began) / 1000),
    run,
    ok,
  }),
);
await bench.close();
await source.close();
await closeQueue();
await closeDatabase();
process.exit(ok ? 0 : 1);
