import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { newId } from "#lib/contract/ids.ts";
import { encodeKey } from "#lib/contract/key.ts";
import { closeDatabase, pool } from "#lib/db/client.ts";
import { transaction } from "#lib/db/tx.ts";
import { closeQueue, prepareQueue } from "#lib/jobs/queue.ts";
import { queueIndexing } from "#lib/search/queue-indexing.ts";
import type { DocumentWrite } from "#lib/sync/batch.ts";
import type { ConnectionRow } from "#lib/sync/claim.ts";
import { documentId } from "#lib/sync/key.ts";
import { writeContents, writeDocuments, writeRows } from "#lib/sync/statements.ts";

/**
 * Storing documents of 4 KiB, 250 a transaction, with the statements of a commit, into the product's own tables with all
 * their indexes (documents, contents, run items, index tasks). node store.ts <objects folder> <count>
 */
const [folder = "", many = "20000"] = process.argv.slice(2);
const count = Number(many);
const size = 250;

const index: readonly (readonly [string, number, string])[] = JSON.parse(
  readFileSync(path.join(folder, "index.json"), "utf8"),
);
const texts = index.map(([key]) => readFileSync(path.join(folder, "bench", key), "latin1"));
const documents = Array.from({ length: count }, (_, i) => {
  const content = `${i}\n${texts[i % texts.length]}`;
  return {
    key: `${i}/${index[i % index.length]?.[0]}`,
    title: content.slice(20, 80),
    content,
    tags: [`t${i % 7}`, `u${i % 13}`],
    metadata: { author: `a${i % 50}`, n: i },
    hash: createHash("sha256").update(content).digest(),
  };
});
const chunks: (typeof documents)[] = [];
for (let i = 0; i < count; i += size) chunks.push(documents.slice(i, i + size));

type Write = (chunk: typeof documents) => Promise<void>;

async function product(): Promise<{ write: Write; clean: () => Promise<void> }> {
  const organizationId = newId();
  const connectionId = newId();
  const runId = newId();
  await pool().query("insert into organizations (id, slug, name) values ($1, $1, 'Bench')", [organizationId]);
  await pool().query(
    "insert into connections (id, organization_id, provider, updated_at) values ($1, $2, 's3', now())",
    [connectionId, organizationId],
  );
  const connection = {
    id: connectionId,
    organization_id: organizationId,
    provider: "s3",
    container_tags: [] as string[],
    metadata: {},
  } as unknown as ConnectionRow;
  return {
    async write(chunk) {
      const writes: DocumentWrite[] = chunk.map((d) => {
        const key = Buffer.from(encodeKey(d.key));
        return {
          key,
          id: documentId(connectionId, key),
          item: { id: d.key, version: "1", title: d.title, tags: d.tags, metadata: d.metadata, bytes: 4096 },
          title: d.title,
          type: "text",
          mime: "text/plain",
          text: d.content,
          hash: d.hash,
          memo: undefined,
          fresh: true,
          dropIssue: false,
        };
      });
      await transaction(async (client) => {
        await writeDocuments(client, connection, runId, (id) => id, writes);
        await writeContents(client, organizationId, writes);
        await writeRows(
          client,
          organizationId,
          runId,
          writes.map((w) => ({
            verdict: "new",
            title: w.title,
            externalId: w.item.id,
            documentId: w.id,
            reason: null,
            detail: null,
          })),
        );
        await queueIndexing(
          client,
          organizationId,
          writes.map((w) => w.id),
        );
      });
    },
    async clean() {
      await pool().query("delete from organizations where id = $1", [organizationId]);
    },
  };
}

const { write, clean } = await product();
await prepareQueue();
const started = performance.now();
for (const chunk of chunks) await write(chunk);
const seconds = (performance.now() - started) / 1000;
await clean();
console.log(JSON.stringify({ seconds, documents: count, peakMiB: process.resourceUsage().maxRSS / 1024 }));
await closeQueue();
await closeDatabase();
process.exit(0);
