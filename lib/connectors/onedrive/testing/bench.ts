import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { pool } from "#lib/db/client.ts";
import { createExtractor } from "#lib/extract/pool.ts";
import type { Extractor } from "#lib/extract/types.ts";
import { workbench, type RunCounters, type Workbench, type WorkbenchOptions } from "#lib/sync/testing/workbench.ts";
import { testDatabase } from "#lib/testing/database.ts";
import { testOrganization } from "#lib/testing/organization.ts";
import { FakeOneDrive, type FakeOneDriveOptions } from "../fake/server.ts";
import { oneDrive } from "../onedrive.ts";

export interface Bench extends Workbench {
  /** a run that must complete */
  completed(): Promise<RunCounters>;
  /** a run that must fail */
  failed(): Promise<RunCounters>;
  /** ids of live documents, sorted */
  ids(): Promise<readonly string[]>;
  /** live document of an id */
  document(id: string): Promise<Readonly<Record<string, unknown>> | undefined>;
  /** items that were skipped or failed: id → reason */
  issues(): Promise<ReadonlyMap<string, string>>;
  /** every row of this connection as text */
  dump(): Promise<string>;
}

export interface Place {
  fake(options?: FakeOneDriveOptions): Promise<FakeOneDrive>;
  connect(source: FakeOneDrive, more?: Partial<WorkbenchOptions>): Promise<Bench>;
}

/** A database, and a real engine for connections to fakes. Call it at the top of a test file. */
export function oneDriveBench(): Place {
  let organizationId = "";
  let extractor: Extractor;
  const open: { close(): Promise<void> }[] = [];

  beforeAll(async () => {
    await testDatabase({ RETRY_BASE_MS: "2" });
    organizationId = (await testOrganization()).organizationId;
    extractor = createExtractor();
  });
  afterAll(() => extractor.close());
  afterEach(async () => {
    for (const each of open.splice(0).toReversed()) await each.close();
  });

  return {
    async fake(options) {
      const made = await FakeOneDrive.start(options);
      open.push(made);
      return made;
    },
    async connect(source, more = {}) {
      const made = await workbench({
        organizationId,
        connector: oneDrive,
        source,
        ...more,
        engine: { extractor, ...more.engine },
      });
      open.push(made);
      return { ...made, ...inspect(made) };
    },
  };
}

function inspect(it: Workbench): Omit<Bench, keyof Workbench> {
  const sync = async (wanted: string) => {
    const { runId, result } = await it.sync();
    const run = await it.run(runId);
    expect({ result, error: wanted === "failed" ? "" : run.error }).toEqual({
      result: wanted,
      error: wanted === "failed" ? "" : null,
    });
    return run;
  };
  return {
    completed: () => sync("completed"),
    failed: () => sync("failed"),
    ids: async () => [...(await it.stored()).keys()].toSorted(),
    async document(id) {
      const { rows } = await pool().query<Record<string, unknown>>(
        "select * from documents where connection_id = $1 and key = $2 and deleted_at is null",
        [it.connectionId, Buffer.from(id)],
      );
      return rows[0];
    },
    async issues() {
      const { rows } = await pool().query<{ external_id: string; reason: string }>(
        "select external_id, reason from item_issues where connection_id = $1",
        [it.connectionId],
      );
      return new Map(rows.map(({ external_id, reason }) => [external_id, reason]));
    },
    async dump() {
      const { rows } = await pool().query<{ dump: string }>(
        `select coalesce(string_agg(t, ' '), '') as dump from (
           select to_jsonb(d)::text as t from documents d where connection_id = $1
           union all select to_jsonb(r)::text from sync_runs r where connection_id = $1
           union all select to_jsonb(i)::text from run_items i join sync_runs r on r.id = i.run_id where r.connection_id = $1
           union all select to_jsonb(i)::text from item_issues i where connection_id = $1
           union all select to_jsonb(c)::text from connections c where id = $1) everything`,
        [it.connectionId],
      );
      return rows[0]?.dump ?? "";
    },
  };
}
