import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { pool } from "#lib/db/client.ts";
import { createExtractor } from "#lib/extract/pool.ts";
import type { Extractor } from "#lib/extract/types.ts";
import { workbench, type RunCounters, type Workbench, type WorkbenchOptions } from "#lib/sync/testing/workbench.ts";
import { testDatabase } from "#lib/testing/database.ts";
import { testOrganization } from "#lib/testing/organization.ts";
import type { Connector } from "../../types.ts";
import { googleDrive } from "../connector.ts";
import { FakeGoogleDrive, type FakeDriveOptions } from "../fake/server.ts";

export interface Chosen {
  readonly id: string;
  readonly kind: "folder" | "file" | "drive";
}

export interface Started {
  readonly source: FakeGoogleDrive;
  readonly it: Workbench;
  /** one sync that must complete; `reads` and `listings` are the requests it made */
  sync(): Promise<RunCounters & { readonly reads: number; readonly listings: number }>;
  /** titles of live documents, sorted */
  titles(): Promise<string[]>;
  /** text by title */
  texts(): Promise<Map<string, string>>;
  issues(): Promise<{ title: string; reason: string; verdict: string; detail: string }[]>;
  /** type by title */
  types(): Promise<Map<string, string>>;
  /** lets the time pass that Google asked to wait */
  rested(): Promise<void>;
  /** changes the settings as a person would */
  choose(...chosen: Chosen[]): Promise<void>;
}

/** Hooks of a test file over the real engine, database and egress, and a new fake Drive for every test. */
export function driveTests(): {
  start(
    options?: FakeDriveOptions & {
      readonly choose?: readonly Chosen[];
      readonly connector?: Connector;
      readonly fill?: (source: FakeGoogleDrive) => void;
      readonly bench?: Partial<WorkbenchOptions>;
    },
  ): Promise<Started>;
} {
  let organizationId: string;
  let extractor: Extractor;
  const sources: FakeGoogleDrive[] = [];
  const benches: Workbench[] = [];
  beforeAll(async () => {
    await testDatabase({ RETRY_BASE_MS: "5" });
    organizationId = (await testOrganization()).organizationId;
    extractor = createExtractor();
  });
  afterEach(async () => {
    for (const each of benches.splice(0)) await each.close();
    for (const source of sources.splice(0)) await source.close();
  });
  afterAll(() => extractor.close());

  return {
    async start(options = {}) {
      const source = await FakeGoogleDrive.start(options);
      sources.push(source);
      options.fill?.(source);
      const settings = options.choose ? selected(options.choose) : {};
      const it = await workbench({
        organizationId,
        connector: options.connector ?? googleDrive,
        source,
        settings,
        ...options.bench,
        engine: { extractor, ...options.bench?.engine },
      });
      benches.push(it);
      const documents = async (columns: string) =>
        (
          await pool().query<{ title: string; value: string }>(
            `select d.title, ${columns} as value from documents d join contents c on c.document_id = d.id
             where d.connection_id = $1 and d.deleted_at is null order by d.title`,
            [it.connectionId],
          )
        ).rows;
      const byTitle = async (columns: string) =>
        new Map((await documents(columns)).map(({ title, value }) => [title, value] as const));
      return {
        source,
        it,
        async sync() {
          const before = { ...source.counts };
          const { runId, result } = await it.sync();
          const run = await it.run(runId);
          expect({ result, error: run.error }).toEqual({ result: "completed", error: null });
          return {
            ...run,
            reads: source.counts.reads - before.reads,
            listings: source.counts.listings - before.listings,
          };
        },
        titles: async () => (await documents("''")).map(({ title }) => title),
        texts: () => byTitle("c.text"),
        types: () => byTitle("d.type::text"),
        async issues() {
          const { rows } = await pool().query<{ title: string; reason: string; verdict: string; detail: string }>(
            "select title, reason, verdict::text, detail from item_issues where connection_id = $1",
            [it.connectionId],
          );
          return rows.toSorted((a, b) => a.title.localeCompare(b.title, "en"));
        },
        async rested() {
          await pool().query("delete from account_paces");
        },
        async choose(...chosen) {
          await pool().query(
            "update connections set config = config || $2::jsonb, config_version = config_version + 1 where id = $1",
            [it.connectionId, JSON.stringify(selected(chosen))],
          );
        },
      };
    },
  };
}

function selected(chosen: readonly Chosen[]) {
  return { syncScope: "selected", selection: chosen.map((each) => ({ ...each, name: `chosen ${each.id}` })) };
}
