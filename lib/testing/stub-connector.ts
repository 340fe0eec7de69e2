import { z } from "zod";
import { defineConnector, Failure, type Connector, type FailureKind } from "#lib/connectors/types.ts";

/** What the stub's source answers to check(); tests change it as they go. */
export interface StubSource {
  /** the next checks are refused like this */
  refuse: FailureKind | undefined;
  /** checks so far */
  checks: number;
  /** what was checked last, unsealed */
  last: Readonly<Record<string, unknown>> | undefined;
  /** awaited by every check */
  before: () => Promise<void>;
}

const config = z.object({
  accessKeyId: z.string().min(1),
  secretAccessKey: z.string().min(1),
  bucket: z.string().min(1).max(63),
  region: z.string().default("auto"),
  prefix: z.string().optional(),
});

/** A provider named `s3` that needs no source: for tests of everything around connectors. */
export function stubConnector(): { readonly connector: Connector; readonly source: StubSource } {
  const source: StubSource = { refuse: undefined, checks: 0, last: undefined, before: async () => {} };
  const connector = defineConnector({
    id: "s3",
    name: "Stub store",
    summary: "For tests",
    noun: ["file", "files"],
    category: "storage",
    config,
    settings: ["accessKeyId", "secretAccessKey", "bucket", "region", "prefix"],
    secrets: ["accessKeyId", "secretAccessKey"],
    rescan: ["bucket", "prefix"],
    fields: { accessKeyId: { label: "Access key" }, bucket: { label: "Bucket", help: "Its name alone" } },
    auth: { kind: "keys" },
    cursor: z.object({ after: z.string() }),
    order: "keyed",
    hosts: () => ["store.invalid"],
    pace: () => ({ perSecond: 0, concurrency: 4 }),
    readers: 1,
    everyHours: 4,
    documentType: "text",
    customId: (settings, id) => `s3://${settings.bucket}/${id}`,
    tagsOf: (_settings, id) => {
      const user = /^users\/([^/]+)\//.exec(id)?.[1];
      return user ? { tags: [user] } : id.endsWith("/") ? { skip: "folder_marker", why: "a folder" } : {};
    },
    async check(ctx) {
      source.checks++;
      source.last = ctx.config;
      await source.before();
      if (source.refuse)
        throw new Failure(source.refuse, `Refused: ${source.refuse}.`, { fix: "Mend it.", field: "metadata.bucket" });
      return {
        id: `stub/${ctx.config.bucket}`,
        label: `${ctx.config.bucket} (stub)`,
        sample: [{ id: "a.md", title: "a.md", bytes: 3 }],
        ...(ctx.config.region === "auto" ? { corrected: { region: "eu-central-1" } } : {}),
      };
    },
    async *changes() {},
    read: () => Promise.resolve({ kind: "markdown", markdown: "# a", type: "text" } as const),
  });
  return { connector, source };
}
