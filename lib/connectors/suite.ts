import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { pool } from "#lib/db/client.ts";
import { createExtractor } from "#lib/extract/pool.ts";
import type { Extractor } from "#lib/extract/types.ts";
import { Died, failpoints } from "#lib/sync/failpoint.ts";
import { workbench, type RunCounters, type Workbench, type WorkbenchOptions } from "#lib/sync/testing/workbench.ts";
import { testDatabase } from "#lib/testing/database.ts";
import type { FakeSource, Fault } from "#lib/testing/fake-source.ts";
import { sameSet } from "#lib/testing/same-set.ts";
import { testOrganization } from "#lib/testing/organization.ts";
import { until } from "#lib/testing/wait.ts";
import type { Connector } from "./types.ts";

/** Where a connector is different by nature, with the reason. Anything not named here must hold. */
export interface SuiteOptions {
  /** an unchanged item costs a (conditional) request; why */
  readonly rereads?: string;
  /** only what changed is named by a second sync, so unchanged items are not counted again; why */
  readonly delta?: string;
  /** faults that cannot happen to this kind of source, with the reason */
  readonly without?: Partial<Record<Fault["kind"], string>>;
  /** settings beside those the fake names */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** how many items most tests use; the default is 30 */
  readonly items?: number;
}

const text = (n: number, edition = 1): string =>
  `The lighthouse number ${n} stands on rock ${n * 7}. This is edition ${edition} of its story, told by keeper ${n}.`;
const nameOf = (n: number): string => `story-${String(n).padStart(4, "0")}`;

/**
 * The promises every connector keeps, run through the real engine, the real door to the network and a real database,
 * against the connector's own fake. Call it at the top level of a test file.
 */
export function connectorSuite(
  name: string,
  connector: Connector,
  makeFake: () => Promise<FakeSource>,
  options: SuiteOptions = {},
): void {
  describe(`every connector keeps its promises: ${name}`, () => {
    const total = options.items ?? 30;
    let organizationId: string;
    let extractor: Extractor;
    const sources: FakeSource[] = [];
    const benches: Workbench[] = [];

    beforeAll(async () => {
      await testDatabase({ RETRY_BASE_MS: "5" });
      organizationId = (await testOrganization()).organizationId;
      extractor = createExtractor();
    });
    afterAll(async () => {
      await extractor.close();
    });
    afterEach(async () => {
      for (const each of benches.splice(0)) await each.close();
      for (const source of sources.splice(0)) await source.close();
    });

    async function fake(items = total): Promise<FakeSource> {
      const source = await makeFake();
      sources.push(source);
      for (let n = 0; n < items; n++) await source.put(nameOf(n), text(n));
      return source;
    }

    async function bench(source: FakeSource, more: Partial<WorkbenchOptions> = {}): Promise<Workbench> {
      const made = await workbench({
        organizationId,
        connector,
        source,
        ...(options.settings ? { settings: options.settings } : {}),
        ...more,
        engine: { extractor, ...more.engine },
      });
      benches.push(made);
      return made;
    }

    async function agrees(it: Workbench, source: FakeSource): Promise<void> {
      const stored = await it.stored();
      const expected = source.expected();
      expect([...stored.keys()].toSorted()).toEqual([...expected.keys()].toSorted());
      for (const [id, phrase] of expected) expect(stored.get(id), id).toContain(phrase);
      const { rows } = await pool().query<{ n: string; counted: number }>(
        `select count(*) as n, (select document_count from connections where id = $1) as counted
         from documents where connection_id = $1 and deleted_at is null`,
        [it.connectionId],
      );
      expect(rows[0]?.counted).toBe(Number(rows[0]?.n));
    }

    async function completed(it: Workbench): Promise<RunCounters> {
      const { runId, result } = await it.sync();
      const run = await it.run(runId);
      expect({ result, error: run.error }).toEqual({ result: "completed", error: null });
      return run;
    }

    test("the first sync stores exactly what is there", async () => {
      const source = await fake();
      const it = await bench(source);
      const run = await completed(it);
      await agrees(it, source);
      expect(run).toMatchObject({ new: source.expected().size, changed: 0, removed: 0, failed: 0 });
    });

    test("a second sync of an unchanged source changes nothing", async () => {
      const source = await fake();
      const it = await bench(source);
      await completed(it);
      const rows = () =>
        pool().query(
          `select id, version, updated_at, deleted_at, content_hash, container_tags, metadata from documents
           where connection_id = $1 order by id`,
          [it.connectionId],
        );
      const before = (await rows()).rows;
      source.clear();
      const run = await completed(it);
      expect((await rows()).rows).toEqual(before);
      expect(run).toMatchObject({ new: 0, changed: 0, removed: 0, failed: 0 });
      if (!options.delta) expect(run.same).toBe(source.expected().size);
      if (!options.rereads) expect(source.counts.reads).toBe(0);
    });

    test("a changed item is changed, a new one is new, and no other is touched", async () => {
      const source = await fake();
      const it = await bench(source);
      await completed(it);
      await source.put(nameOf(3), text(3, 2));
      await source.put(nameOf(total + 1), text(total + 1));
      const before = source.expected().size;
      const run = await completed(it);
      expect(run.changed).toBeGreaterThanOrEqual(1);
      // The page that lists the others may have changed with them; nothing else may.
      expect(run.changed).toBeLessThanOrEqual(2);
      expect(run).toMatchObject({ new: 1, removed: 0, failed: 0 });
      expect((await it.stored()).size).toBe(before);
      await agrees(it, source);
    });

    test("a removed item leaves, and no other does", async () => {
      const source = await fake();
      const it = await bench(source);
      await completed(it);
      await source.remove(nameOf(5));
      expect(await completed(it)).toMatchObject({ removed: 1, new: 0 });
      await agrees(it, source);
    });

    test("an item that comes back is the same document again", async () => {
      const source = await fake();
      const it = await bench(source);
      await completed(it);
      const ids = async () =>
        (await pool().query("select id from documents where connection_id = $1 order by id", [it.connectionId])).rows;
      const before = await ids();
      await source.remove(nameOf(6));
      await completed(it);
      await source.put(nameOf(6), text(6));
      await completed(it);
      await agrees(it, source);
      expect(await ids()).toEqual(before);
    });

    test.skipIf(options.without?.empty)("a source that suddenly looks empty deletes nothing", async () => {
      const source = await fake();
      const it = await bench(source);
      await completed(it);
      const before = await it.stored();
      source.fault({ kind: "empty", times: 1_000 });
      const { runId } = await it.sync();
      expect((await it.run(runId)).removed).toBe(0);
      const after = await it.stored();
      for (const [id, stored] of before) {
        if (source.expected().get(id)?.startsWith("The lighthouse")) expect(after.get(id)).toBe(stored);
      }
      expect(after.size).toBe(before.size);
      source.clear();
      await completed(it);
      await agrees(it, source);
    });

    const faults: readonly (readonly [string, Fault])[] = [
      ["a burst of 503s while listing", { kind: "status", status: 503, times: 3, on: "listing" }],
      ["a burst of 500s while reading", { kind: "status", status: 500, times: 12, on: "read" }],
      ["throttling", { kind: "status", status: 429, times: 4, retryAfter: "0" }],
      ["connections reset", { kind: "reset", times: 10 }],
      ["answers cut short", { kind: "truncate", times: 10 }],
      ["answers that stall", { kind: "stall", times: 4 }],
      ["an outage of everything", { kind: "status", status: 503, times: 10_000 }],
    ];
    for (const [what, fault] of faults) {
      test.skipIf(options.without?.[fault.kind])(
        `${what}: nothing is lost or deleted, and the next sync is complete`,
        async () => {
          const source = await fake();
          const it = await bench(source);
          await completed(it);
          await source.put(nameOf(total + 2), text(total + 2));
          await source.put(nameOf(7), text(7, 2));
          const before = await it.stored();
          source.fault(fault);
          const { runId } = await it.sync();
          expect((await it.run(runId)).removed).toBe(0);
          const during = await it.stored();
          for (const id of before.keys()) expect(during.has(id), id).toBe(true);
          source.clear();
          await completed(it);
          await agrees(it, source);
        },
      );
    }

    test("a first sync that met trouble is completed by the next one", async () => {
      const source = await fake();
      const it = await bench(source);
      source.fault({ kind: "reset", times: 6 });
      await it.sync();
      source.clear();
      await completed(it);
      await agrees(it, source);
    });

    test.skipIf(options.without?.unauthorized)(
      "refused credentials stop the run, say so, and keep every document",
      async () => {
        const source = await fake();
        const it = await bench(source);
        await completed(it);
        source.fault({ kind: "unauthorized", times: 10_000 });
        const { runId, result } = await it.sync();
        expect(result).toBe("failed");
        const run = await it.run(runId);
        expect(run).toMatchObject({ failure_kind: "reauth", error_code: "auth_expired", removed: 0 });
        expect((await it.connection()).failure_kind).toBe("reauth");
        source.clear();
        await agrees(it, source);
        await completed(it);
        expect((await it.connection()).failure_kind).toBeNull();
      },
    );

    for (const place of failpoints) {
      test(`killed ${place}: the same set, nothing twice, and the counters of an undisturbed run`, async () => {
        const source = await fake();
        const it = await bench(source);
        const runId = await it.enqueue();
        let left = 1;
        const dies = it.execute(runId, {
          failpoint: (at) => {
            if (at === place && left-- > 0) throw new Died();
          },
        });
        await expect(dies).rejects.toThrow(Died);
        expect(await it.execute(runId)).toBe("completed");
        await agrees(it, source);
        const size = source.expected().size;
        const run = await it.run(runId);
        expect(run).toMatchObject({ new: size, changed: 0, same: 0, removed: 0, failed: 0 });
        const items = await pool().query(
          "select count(*)::int as n from run_items where run_id = $1 and verdict = 'new'",
          [runId],
        );
        expect(items.rows[0]).toEqual({ n: size });
        const undisturbed = await bench(source);
        await completed(undisturbed);
        expect(await sameSet(it.connectionId)).toBe(await sameSet(undisturbed.connectionId));
      });
    }

    test("a cancelled run stops, and the next one completes the set", async () => {
      const source = await fake();
      const it = await bench(source);
      source.fault({ kind: "latency", ms: 60, times: 10_000 });
      const runId = await it.enqueue();
      const running = it.execute(runId);
      await until(async () => source.counts.total > 2);
      await pool().query("update sync_runs set cancel_requested = true where id = $1", [runId]);
      const cancelled = performance.now();
      const result = await running;
      expect(["canceled", "completed"]).toContain(result);
      expect(performance.now() - cancelled).toBeLessThan(3_500);
      source.clear();
      await completed(it);
      await agrees(it, source);
    });

    test("the document limit is kept, what waits is counted, and later runs add the rest", async () => {
      const source = await fake(7);
      const it = await bench(source, { documentLimit: 3 });
      const size = source.expected().size;
      const first = await completed(it);
      expect(first).toMatchObject({ new: 3, waiting: size - 3, skipped: 0, failed: 0 });
      expect((await it.stored()).size).toBe(3);
      for (let left = size - 3; left > 0; left -= 3)
        expect(await completed(it)).toMatchObject({ new: Math.min(3, left), waiting: Math.max(0, left - 3) });
      await agrees(it, source);
    });

    for (const [what, cursor] of [
      ["unreadable", { no: "cursor of ours" }],
      [
        "from another version",
        { at: { version: 999 }, run: null, position: "AA==", listed: 5, config: 1, ordered: true, compare: false },
      ],
    ] as const) {
      test(`a cursor that is ${what} means: start again, delete nothing`, async () => {
        const source = await fake();
        const it = await bench(source);
        await completed(it);
        await pool().query("update connections set cursor = $2::jsonb where id = $1", [
          it.connectionId,
          JSON.stringify(cursor),
        ]);
        expect(await completed(it)).toMatchObject({ removed: 0, new: 0 });
        await agrees(it, source);
      });
    }

    test("secrets never reach documents, runs or issues", async () => {
      const source = await fake(5);
      const it = await bench(source);
      await completed(it);
      source.fault({ kind: "status", status: 403, times: 10_000 });
      await it.sync();
      const secrets = connector.secrets.map((secret) =>
        String({ ...source.metadata, ...options.settings }[secret] ?? ""),
      );
      const { rows } = await pool().query<{ dump: string }>(
        `select coalesce(string_agg(t, ' '), '') as dump from (
           select to_jsonb(d)::text as t from documents d where connection_id = $1
           union all select c.text from contents c join documents d on d.id = c.document_id where d.connection_id = $1
           union all select to_jsonb(r)::text from sync_runs r where connection_id = $1
           union all select to_jsonb(i)::text from run_items i join sync_runs r on r.id = i.run_id where r.connection_id = $1
           union all select to_jsonb(i)::text from item_issues i where connection_id = $1
           union all select to_jsonb(c)::text from connections c where id = $1) everything`,
        [it.connectionId],
      );
      expect(rows[0]?.dump.length).toBeGreaterThan(100);
      for (const secret of secrets) if (secret.length > 0) expect(rows[0]?.dump).not.toContain(secret);
    });
  });
}
