import { expect, test } from "vitest";
import { Failure, type Change, type Connector } from "#lib/connectors/types.ts";
import type { Principal } from "#lib/contract/principal.ts";
import { pool } from "#lib/db/client.ts";
import { getDocument } from "#lib/documents/service.ts";
import { createHttp } from "#lib/egress/http.ts";
import { authorizeConnection } from "#lib/oauth/authorize.ts";
import { newBrowser } from "#lib/oauth/browser-cookie.ts";
import { finishCallback } from "#lib/oauth/flow-callback.ts";
import { beginConnect, beginReconnect } from "#lib/oauth/flow.ts";
import { takeBackOrphans } from "#lib/oauth/orphans.ts";
import { finishDeletions } from "#lib/sync/maintenance.ts";
import { executeRun, type Engine } from "#lib/sync/run.ts";
import { plainExtractor } from "#lib/sync/testing/workbench.ts";
import { chance, seedOfRun } from "#lib/testing/chance.ts";
import { connectRig } from "#lib/testing/connect-rig.ts";
import { stubOAuthConnector } from "#lib/testing/stub-oauth-connector.ts";
import { until } from "#lib/testing/wait.ts";
import {
  deleteConnection,
  getConnection,
  pauseConnection,
  requestSync,
  restoreConnection,
  resumeConnection,
} from "./service.ts";

/**
 * Everything people, programs and workers do to one connection, at once, in orders drawn by chance. A failure names its
 * seed: `VITE_SEED=<seed> npx vitest run lib/connections/interleavings` draws the same orders again.
 */

const rounds = 500;
/** Connections worked on side by side; each has its own sequence of rounds. */
const lanes = 8;
const seed = seedOfRun();

const rig = connectRig({ LOG_LEVEL: "error", RETRY_BASE_MS: "1", UNDO_S: "600" });
const principal = (): Principal => rig.acme.principal;

type Cursor = { readonly token: string };

/** Three documents, page by page, each page asking the provider with the connection's own token. */
function source(): Connector {
  return stubOAuthConnector(
    {},
    {
      async *changes(ctx) {
        for (const page of ["a", "b", "c"]) {
          const reply = await ctx.http.request(`${ctx.api}/me`, { signal: ctx.signal });
          await reply.discard();
          if (reply.status !== 200) throw new Failure("transient", `It says ${reply.status}.`, { fix: "Wait." });
          yield [
            {
              type: "upsert",
              item: { id: page, version: "1", title: page },
              content: { kind: "markdown", markdown: `# ${page}`, type: "text" },
            },
            { type: "checkpoint", cursor: { token: page } },
          ] satisfies Change<Cursor>[];
        }
        yield [{ type: "done", coverage: "full", cursor: { token: "end" } }];
      },
    },
  );
}

const connector = source();
const engine: Engine = {
  connector: (id) => (id === connector.id ? connector : undefined),
  secrets: async () => ({}),
  authorize: authorizeConnection,
  createHttp,
  extractor: plainExtractor,
  log: () => {},
};
const signal = new AbortController().signal;

async function finish(authLink: string, browser: string): Promise<void> {
  const back = new URL(await rig.browser().consent(authLink));
  await finishCallback({ provider: connector.id, query: back.searchParams, browser });
}

async function connect(): Promise<string> {
  const browser = newBrowser();
  const input = { provider: connector.id, settings: {} };
  const { connectionId, authLink } = await beginConnect(principal(), input, { origin: "console", browser });
  await finish(authLink, browser);
  return connectionId;
}

/** What can happen to a connection, by name. */
function deeds(id: string): Readonly<Record<string, () => Promise<unknown>>> {
  return {
    import: () => requestSync(principal(), id),
    pause: () => pauseConnection(principal(), id),
    resume: () => resumeConnection(principal(), id),
    remove: () => deleteConnection(principal(), id, { deleteDocuments: true }),
    restore: () => restoreConnection(principal(), id),
    async reconnect() {
      const browser = newBrowser();
      const { authLink } = await beginReconnect(principal(), id, { origin: "console", browser });
      await finish(authLink, browser);
    },
    async work() {
      const { rows } = await pool().query<{ id: string }>(
        "select id from sync_runs where connection_id = $1 and status in ('queued', 'running') order by queued_at",
        [id],
      );
      for (const run of rows) await executeRun(engine, run.id);
    },
    tidy: () => finishDeletions(signal),
  };
}

/** Rare ones are rare here, too: a connection that is removed for good takes no part in anything any more. */
const weights: readonly (readonly [string, number])[] = [
  ["import", 4],
  ["work", 5],
  ["pause", 2],
  ["resume", 2],
  ["reconnect", 2],
  ["remove", 1],
  ["restore", 2],
  ["tidy", 1],
];

function draw(random: () => number): string {
  let left = random() * weights.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [name, weight] of weights) if ((left -= weight) < 0) return name;
  return "import";
}

/** A few turns of the event loop, so that beginnings are spread over what the others do. */
async function linger(random: () => number): Promise<void> {
  for (let turns = Math.floor(random() * 12); turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve));
}

const codeOf = (error: unknown): string | undefined => (error as { code?: string }).code;

async function round(id: string, random: () => number): Promise<readonly string[]> {
  const names = Array.from({ length: 3 + Math.floor(random() * 6) }, () => draw(random));
  const all = deeds(id);
  const results = await Promise.allSettled(
    names.map(async (name) => {
      await linger(random);
      await all[name]?.();
    }),
  );
  for (const [at, result] of results.entries()) {
    // Somebody else paused or removed it first: that is said, and nothing else is a reason.
    if (result.status === "rejected" && !["conflict", "not_found"].includes(codeOf(result.reason) ?? ""))
      throw new Error(`${names[at]} failed in ${names.join(", ")}`, { cause: result.reason });
  }
  return names;
}

interface Facts {
  readonly state: string | null;
  readonly grant: boolean;
  readonly counted: number;
  readonly documents: string[] | null;
  readonly scheduled: boolean;
  readonly queued: number;
  readonly running: number;
}

async function factsOf(id: string): Promise<Facts> {
  const { rows } = await pool().query<Facts>(
    `select c.state::text as state, coalesce(c.document_count, 0) as counted,
       exists (select 1 from grants g where g.id = c.grant_id and g.dead_at is null) as grant,
       (select array_agg(d.id) from documents d where d.connection_id = $1 and d.deleted_at is null) as documents,
       c.next_sync_at is not null as scheduled,
       (select count(*)::int from sync_runs where connection_id = $1 and status = 'queued') as queued,
       (select count(*)::int from sync_runs where connection_id = $1 and status = 'running') as running
     from (select $1::text as id) asked left join connections c on c.id = asked.id`,
    [id],
  );
  if (!rows[0]) throw new Error("no facts");
  return rows[0];
}

/** Whatever happened: the connection is in a state that has a name, and everything else agrees with it. */
async function isLegal(id: string): Promise<boolean> {
  const facts = await factsOf(id);
  const { state, documents } = facts;
  const ids = documents ?? [];
  expect(facts.running).toBe(0);
  expect(facts.queued).toBeLessThanOrEqual(state === "active" ? 1 : 0);
  expect(ids.length).toBeLessThanOrEqual(3);
  if (state === "active" || state === "paused") {
    expect(facts).toMatchObject({ grant: true, counted: ids.length, scheduled: state === "active" });
    expect((await getConnection(principal(), id)).state).toBe(state);
    for (const document of ids) expect((await getDocument(principal(), document)).connectionId).toBe(id);
    return true;
  }
  await expect(getConnection(principal(), id)).rejects.toMatchObject({ code: "not_found" });
  if (state === null) expect(ids).toEqual([]);
  else expect(state).toBe("deleting");
  for (const document of ids)
    await expect(getDocument(principal(), document)).rejects.toMatchObject({ code: "not_found" });
  return state !== null;
}

test(
  `${rounds} random interleavings of import, sync, pause, resume, reconnect, delete and restore: always a legal state, and nothing is left of what was deleted (P04)`,
  { timeout: 180_000 },
  async () => {
    rig.use(connector);
    let next = 0;
    let synced = 0;
    const lane = async () => {
      let id = await connect();
      for (let number = next++; number < rounds; number = next++) {
        const random = chance(seed + number);
        let names: readonly string[] = [];
        try {
          names = await round(id, random);
          const there = await isLegal(id);
          synced += (await factsOf(id)).documents?.length ?? 0;
          // Now and then for good, whatever state it is in.
          if (there && random() < 0.2) {
            await deleteConnection(principal(), id, { deleteDocuments: true, undoSeconds: 0 }).catch(
              (error: unknown) => {
                if (codeOf(error) !== "not_found") throw error;
              },
            );
            await pool().query(
              "update connections set delete_after = now() - interval '1 second' where id = $1 and state = 'deleting'",
              [id],
            );
            // Other lanes tidy up, too, and may hold its rows in this very moment.
            await until(async () => {
              await finishDeletions(signal);
              return (await factsOf(id)).state === null;
            });
            expect(await factsOf(id)).toMatchObject({ documents: null, queued: 0, running: 0 });
            id = await connect();
          }
        } catch (error) {
          throw new Error(`VITE_SEED=${seed} (round ${number}: ${names.join(", ")})`, { cause: error });
        }
      }
      await deleteConnection(principal(), id, { deleteDocuments: true, undoSeconds: 0 }).catch(() => {});
    };
    await Promise.all(Array.from({ length: lanes }, lane));
    // Otherwise the rounds would prove nothing.
    expect(synced).toBeGreaterThan(rounds / 4);

    await pool().query("update connections set delete_after = now() - interval '1 second' where state = 'deleting'");
    await finishDeletions(signal);
    await pool().query("update grants set created_at = now() - interval '1 hour'");
    while ((await takeBackOrphans(new Map([[connector.id, connector]]), signal)) > 0);
    const { rows } = await pool().query(
      `select (select count(*)::int from connections) as connections, (select count(*)::int from documents) as documents,
         (select count(*)::int from sync_runs) as runs, (select count(*)::int from grants) as grants`,
    );
    expect(rows[0]).toEqual({ connections: 0, documents: 0, runs: 0, grants: 0 });
  },
);
