import { afterEach, beforeAll, expect, test } from "vitest";
import { newId } from "#lib/contract/ids.ts";
import { pool } from "#lib/db/client.ts";
import { transaction } from "#lib/db/tx.ts";
import { chunkText } from "#lib/search/chunk.ts";
import { defaultChunkTokens } from "#lib/search/index-organization.ts";
import { queueIndexing } from "#lib/search/queue-indexing.ts";
import { killHard, startWorkerProcess, type WorkerProcess } from "#lib/sync/testing/worker-process.ts";
import { testDatabase } from "#lib/testing/database.ts";
import { testOrganization } from "#lib/testing/organization.ts";
import { until } from "#lib/testing/wait.ts";

/** Indexing by real worker processes. */

let values: Record<string, string>;
const workers: WorkerProcess[] = [];

beforeAll(async () => {
  const database = await testDatabase();
  values = { DATABASE_URL: database.url, LEASE_S: "10" };
});
afterEach(async () => {
  await Promise.all(workers.splice(0).map(killHard));
});

async function start(): Promise<WorkerProcess> {
  const worker = await startWorkerProcess(values);
  workers.push(worker);
  return worker;
}

const textOf = (i: number): string =>
  Array.from({ length: 12 }, (_, part) => `## Part ${part} of ${i}\n\n${"The committee met again. ".repeat(30)}`).join(
    "\n\n",
  );

async function store(organizationId: string, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, newId);
  await transaction(async (client) => {
    await client.query(
      "insert into documents (id, organization_id, status, title) select id, $1, 'indexing', 'Minutes' from unnest($2::text[]) id",
      [organizationId, ids],
    );
    await client.query(
      "insert into contents (document_id, organization_id, text) select id, $1, text from unnest($2::text[], $3::text[]) v(id, text)",
      [organizationId, ids, ids.map((_, i) => textOf(i))],
    );
    await queueIndexing(client, organizationId, ids);
  });
  return ids;
}

interface State {
  readonly id: string;
  readonly status: string;
  readonly waits: boolean;
  readonly chunks: number;
}

async function states(organizationId: string): Promise<Map<string, State>> {
  const { rows } = await pool().query<State>(
    `select d.id, d.status, t.document_id is not null as waits,
       (select count(*)::int from chunks c where c.document_id = d.id) as chunks
     from documents d left join index_tasks t on t.document_id = d.id where d.organization_id = $1`,
    [organizationId],
  );
  return new Map(rows.map((row) => [row.id, row]));
}

test(
  "workers killed in the middle of indexing leave nothing half, and others finish it",
  { timeout: 120_000 },
  async () => {
    const { organizationId } = await testOrganization();
    const ids = await store(organizationId, 600);
    const whole = ids.map((_, i) => chunkText(textOf(i), { tokens: defaultChunkTokens }).length);
    let done = 0;
    for (let kill = 1; kill <= 2; kill++) {
      const worker = await start();
      const before = done;
      done = await until(
        async () => {
          const now = [...(await states(organizationId)).values()].filter((each) => each.status === "done").length;
          return now > before ? now : 0;
        },
        { timeoutMs: 40_000, everyMs: 50, what: "some documents to be done" },
      );
      await killHard(worker);
      const all = await states(organizationId);
      for (const [i, id] of ids.entries()) {
        const { status, waits, chunks } = all.get(id) ?? {};
        expect([
          { status: "done", waits: false, chunks: whole[i] },
          { status: "indexing", waits: true, chunks: 0 },
        ]).toContainEqual({ status, waits, chunks });
      }
    }
    await start();
    await until(
      async () => [...(await states(organizationId)).values()].some((each) => each.status === "indexing") === false,
      {
        timeoutMs: 60_000,
        everyMs: 200,
        what: "every document to be done",
      },
    );
    const all = await states(organizationId);
    expect(ids.map((id) => all.get(id)?.chunks)).toEqual(whole);
  },
);

test(
  "SIGTERM: the worker is gone within 10 seconds while it indexes, and another goes on at once",
  { timeout: 90_000 },
  async () => {
    const { organizationId } = await testOrganization();
    await store(organizationId, 400);
    const done = async () =>
      [...(await states(organizationId)).values()].filter((each) => each.status === "done").length;
    const first = await start();
    await until(done, { timeoutMs: 40_000, everyMs: 50 });
    const asked = performance.now();
    first.child.kill("SIGTERM");
    expect(await first.gone).toBe("0");
    expect(performance.now() - asked).toBeLessThan(10_000);
    await start();
    await until(async () => (await done()) === 400, {
      timeoutMs: 60_000,
      everyMs: 200,
      what: "every document to be done",
    });
  },
);
