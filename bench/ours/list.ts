import { median } from "../lib/measure.ts";
import { newId } from "#lib/contract/ids.ts";
import { closeDatabase, pool } from "#lib/db/client.ts";
import { metadataFilter } from "#lib/contract/filters.ts";
import { foldTallies } from "#lib/documents/count.ts";
import { countDocuments, listDocuments, type ListDocumentsInput } from "#lib/documents/service.ts";
import { startApiServer } from "#lib/testing/api-server.ts";
import { testOrganization } from "#lib/testing/organization.ts";

/**
 * Listing 50 of many documents: through the whole API (HTTP, key, validation, reply) and by the service alone, at the
 * beginning, deep inside and by conditions. node list.ts <documents> <repetitions>; prints milliseconds, medians.
 */
const [many = "10000", times = "15"] = process.argv.slice(2);
const total = Number(many);
const repetitions = Number(times);
const limit = 50;

const { organizationId, principal, apiKey } = await testOrganization("Bench");
await fill();
const server = await startApiServer();
const figures: Record<string, number> = {};

const order = { sort: "createdAt", order: "desc" } as const;
const filters = { AND: [{ key: "author", value: "author1" }] };
const middle = Math.max(1, Math.ceil(total / limit / 2));
const deep = await listDocuments(principal, { ...order, limit, page: middle });

interface Case {
  readonly name: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly input: Partial<ListDocumentsInput>;
}
const cases: readonly Case[] = [
  { name: "first page", body: {}, input: {} },
  { name: "middle, by cursor", body: { cursor: deep.nextCursor }, input: { cursor: deep.nextCursor ?? "" } },
  { name: "middle, by number", body: { page: middle }, input: { page: middle } },
  { name: "last page, by number", body: { page: middle * 2 }, input: { page: middle * 2 } },
  { name: "one user's tag (100)", body: { containerTag: "user_1" }, input: { containerTags: ["user_1"] } },
  { name: "a team's tag (2 %)", body: { containerTag: "team_7" }, input: { containerTags: ["team_7"] } },
  { name: "metadata (200)", body: { filters }, input: { metadata: metadataFilter.parse(filters) } },
  { name: "below a path (20)", body: { filepath: "folder1/" }, input: { filepath: "folder1/" } },
  { name: "failed", body: { status: "failed" }, input: { status: "failed" } },
];
for (const { name, body, input } of cases) {
  figures[`API: ${name}`] = await medianOf(() => ask({ limit, ...body }));
  figures[`service: ${name}`] = await medianOf(() => listDocuments(principal, { ...order, limit, page: 1, ...input }));
}
figures["count: all"] = await medianOf(() => countDocuments(principal, {}));
figures["count: a team's tag (2 %)"] = await medianOf(() => countDocuments(principal, { containerTags: ["team_7"] }));
figures["plain OFFSET: middle"] = await medianOf(() => offset((middle - 1) * limit));

console.log(JSON.stringify(figures));
await server.close();
await closeDatabase();
process.exit(0);

async function medianOf(work: () => Promise<unknown>): Promise<number> {
  const taken: number[] = [];
  await work();
  for (let i = 0; i < repetitions; i++) {
    const started = performance.now();
    await work();
    taken.push(performance.now() - started);
  }
  return median(taken);
}

async function ask(body: object): Promise<void> {
  const reply = await fetch(`${server.url}/v3/documents/list`, {
    method: "POST",
    headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const { memories } = (await reply.json()) as { memories?: readonly unknown[] };
  if (!memories?.length) throw new Error(`${JSON.stringify(body)} found nothing: ${reply.status}`);
}

/** What is written without thinking about it. */
async function offset(skip: number): Promise<void> {
  await pool().query(
    `select * from documents where organization_id = $1 and deleted_at is null
      order by created_at desc, id desc limit $2 offset $3`,
    [organizationId, limit, skip],
  );
}

/** Four of five come from eight connections, one was added; a user has 100 documents, an author 200, a folder 20. */
async function fill(): Promise<void> {
  const connections = Array.from({ length: 8 }, () => newId());
  await pool().query(
    `insert into connections (id, organization_id, provider, document_count, updated_at)
     select id, $1, 's3', 0, now() from unnest($2::text[]) as id`,
    [organizationId, connections],
  );
  const step = 50_000;
  for (let from = 1; from <= total; from += step)
    await pool().query(
      `insert into documents (id, organization_id, connection_id, key, custom_id, provider, type, status, failure, title,
                              url, filepath, mime, bytes, container_tags, metadata, version, content_hash, added,
                              created_at, updated_at)
       select substr(md5($1 || n), 1, 22), $1, case when n % 5 = 0 then null else ($2::text[])[1 + n % 8] end,
              case when n % 5 = 0 then null else convert_to('docs/' || n, 'UTF8') end, 'docs/' || n,
              case when n % 5 = 0 then null else 's3' end, (array['text', 'pdf', 'webpage'])[1 + n % 3],
              case when n % 500 = 0 then 'failed' else 'done' end::document_status,
              case when n % 500 = 0 then 'The file is damaged.' end,
              'Document ' || n || ' about ' || n % 977, 'https://example.com/docs/' || n,
              'folder' || n % greatest($3 / 20, 1) || '/' || n || '.md', 'text/markdown', 4000 + n % 1000,
              array['user_' || n % greatest($3 / 100, 1), 'team_' || n % 50],
              jsonb_build_object('author', 'author' || n % greatest($3 / 200, 1), 'size', n % 100000, 'public', n % 2 = 0),
              'v1', sha256(convert_to(n::text, 'UTF8')), n % 5 = 0,
              now() - make_interval(secs => n), now() - make_interval(secs => (n::bigint * 7919) % $3)
         from generate_series($4::int, $5::int) n`,
      [organizationId, connections, total, from, Math.min(total, from + step - 1)],
    );
  await pool().query(
    `update connections c set document_count = (select count(*) from documents d where d.connection_id = c.id)
      where organization_id = $1`,
    [organizationId],
  );
  // What maintenance does every few minutes.
  await foldTallies(AbortSignal.timeout(60_000));
  await pool().query("vacuum analyze documents, document_tallies");
}
