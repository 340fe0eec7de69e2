import { afterEach, beforeAll, expect } from "vitest";
import { pool } from "#lib/db/client.ts";
import type { Engine } from "#lib/sync/run.ts";
import { workbench, type RunCounters, type Workbench } from "#lib/sync/testing/workbench.ts";
import { testDatabase } from "#lib/testing/database.ts";
import { testOrganization } from "#lib/testing/organization.ts";
import { defineConnector } from "../../types.ts";
import { createNotion } from "../connector.ts";
import { FakeNotion } from "../fake/server.ts";
import { idFor } from "../fake/ids.ts";
import type { Tuning } from "../tuning.ts";
import { quickTuning } from "./tuning.ts";

export interface Stored {
  readonly title: string;
  readonly text: string;
  readonly url: string | null;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly updatedAt: Date | null;
}

/** One connection to one fake workspace, with the real engine. Everything is closed after each test. */
export interface NotionBench {
  readonly fake: FakeNotion;
  readonly it: Workbench;
  /** A run that completes. `later`: minutes after now. */
  sync(later?: number, engine?: Partial<Engine>): Promise<RunCounters>;
  /** documents by the name of their page */
  stored(...names: readonly string[]): Promise<readonly (Stored | undefined)[]>;
  /** how many documents there are */
  count(): Promise<number>;
  /** reasons by title of what was not stored */
  issues(): Promise<ReadonlyMap<string, string>>;
}

export interface BenchOptions {
  readonly tuning?: Partial<Tuning>;
  readonly documentLimit?: number;
}

export function useNotion(): (options?: BenchOptions) => Promise<NotionBench> {
  const open: { close(): Promise<void> }[] = [];
  let organizationId: string;
  beforeAll(async () => {
    await testDatabase({ RETRY_BASE_MS: "5" });
    organizationId = (await testOrganization()).organizationId;
  });
  afterEach(async () => {
    for (const each of open.splice(0).toReversed()) await each.close();
  });
  return async ({ tuning, documentLimit } = {}) => {
    const fake = await FakeNotion.start();
    open.push(fake);
    const connector = defineConnector(createNotion({ ...quickTuning, ...tuning }));
    const it = await workbench({
      organizationId,
      connector,
      source: fake,
      ...(documentLimit === undefined ? {} : { documentLimit }),
    });
    open.push(it);
    return benchOf(fake, it);
  };
}

function benchOf(fake: FakeNotion, it: Workbench): NotionBench {
  return {
    fake,
    it,
    async sync(later = 0, engine = {}) {
      const now = () => new Date(Date.now() + later * 60_000);
      fake.now = () => now().getTime();
      const { runId, result } = await it.sync({ now, ...engine });
      const run = await it.run(runId);
      expect({ result, error: run.error }).toEqual({ result: "completed", error: null });
      return run;
    },
    async stored(...names) {
      const { rows } = await pool().query<Stored & { id: string }>(
        `select encode(d.key, 'escape') as id, d.title, c.text, d.url, d.metadata, d.source_updated_at as "updatedAt"
         from documents d join contents c on c.document_id = d.id
         where d.connection_id = $1 and d.deleted_at is null`,
        [it.connectionId],
      );
      const byId = new Map(rows.map((row) => [row.id, row]));
      return names.map((name) => byId.get(idFor(name)));
    },
    count: async () => (await it.stored()).size,
    async issues() {
      const { rows } = await pool().query<{ title: string; reason: string }>(
        "select ref ->> 'title' as title, reason from item_issues where connection_id = $1",
        [it.connectionId],
      );
      return new Map(rows.map(({ title, reason }) => [title, reason]));
    },
  };
}
