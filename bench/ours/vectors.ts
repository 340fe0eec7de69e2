import { randomBytes } from "node:crypto";
import { newId } from "#lib/contract/ids.ts";
import { closeDatabase, pool } from "#lib/db/client.ts";
import { transaction } from "#lib/db/tx.ts";
import { embedder } from "#lib/search/embeddings.ts";
import { nearestChunks, spaceOf, storeVectors } from "#lib/search/vectors.ts";
import { chance } from "#lib/testing/chance.ts";

/**
 * vectors.ts <chunks> <numbers per vector> <lean>: fills an organization with made-up vectors, asks for the ten nearest of
 * 100 others, and compares with the exact answer. `lean` is how much all vectors point the same way, as those of many
 * models do: 0 = not at all.
 */

const [chunks = 0, size = 0, lean = 0] = process.argv.slice(2).map(Number);
const perDocument = 5;
const topics = 1_000;
const queries = 100;
const wanted = 10;

const random = chance(1);
/** Nearly normal, of length about 1 in all. */
const direction = (): Float32Array =>
  Float32Array.from({ length: size }, () => (random() + random() + random() - 1.5) * Math.sqrt(4 / size));
const mix = (...parts: readonly (readonly [number, Float32Array])[]): Float32Array => {
  const sum = new Float32Array(size);
  for (const [weight, part] of parts) for (let i = 0; i < size; i++) sum[i] = (sum[i] ?? 0) + weight * (part[i] ?? 0);
  const length = Math.hypot(...sum);
  return sum.map((number) => number / length);
};
const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
const at95 = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.95)] ?? 0;

const common = direction();
const centres = Array.from({ length: topics }, direction);
const made = Array.from({ length: chunks }, () =>
  mix([lean, common], [0.8, centres[Math.floor(random() * topics)] ?? common], [0.9, direction()]),
);

const by = embedder();
if (!by) throw new Error("EMBEDDINGS_URL is not set");
const space = spaceOf(by, size);
const organizationId = newId();
await pool().query("insert into organizations (id, slug, name) values ($1, $1, 'Bench')", [organizationId]);
const documents: string[] = [];
const started = performance.now();
for (let from = 0; from < chunks; from += 500) {
  const ids = Array.from({ length: Math.min(500, chunks - from) / perDocument }, newId);
  await transaction(async (client) => {
    await client.query(
      `insert into documents (id, organization_id, title, container_tags, added)
       select id, $1, 'title', array['all', 'tag' || (i % 100)], true from unnest($2::text[]) with ordinality as t(id, i)`,
      [organizationId, ids],
    );
    await client.query(
      `insert into chunks (document_id, position, organization_id, start, stop, heading, text, tags, vector)
       select id, position, $1, 0, 1000, '', repeat('word ', 200), '{}', '' from unnest($2::text[]) as id,
         generate_series(0, ${perDocument - 1}) as position`,
      [organizationId, ids],
    );
    const { rows } = await client.query<{ at: Date }>("select created_at as at from chunks where document_id = $1", [
      ids[0],
    ]);
    for (const [d, id] of ids.entries()) {
      const vectors = Array.from({ length: perDocument }, (_, position) => ({
        passage: randomBytes(16),
        position,
        chunkAt: rows[0]?.at ?? new Date(),
        vector: made[from + d * perDocument + position] ?? common,
      }));
      await storeVectors(client, organizationId, id, space, vectors);
    }
  });
  documents.push(...ids);
}
const stored = (performance.now() - started) / 1000;
await pool().query("vacuum analyze chunk_signs, chunk_vectors, chunks, documents");
await pool().query("analyze");

const placeOf = new Map(documents.map((id, d) => [id, d * perDocument]));
const times = { all: [] as number[], tagged: [] as number[] };
let found = 0;
for (let q = 0; q < queries; q++) {
  const query = mix([0.7, made[Math.floor(random() * chunks)] ?? common], [0.7, direction()]);
  const exact = made
    .map((vector, place) => {
      let product = 0;
      for (let i = 0; i < size; i++) product += (vector[i] ?? 0) * (query[i] ?? 0);
      return { place, product };
    })
    .sort((a, b) => b.product - a.product)
    .slice(0, wanted);
  const scope = { organizationId, container: undefined };
  let begun = performance.now();
  const near = await nearestChunks(scope, {}, query, wanted);
  times.all.push(performance.now() - begun);
  const places = new Set(near.map((each) => (placeOf.get(each.documentId) ?? 0) + each.position));
  found += exact.filter(({ place }) => places.has(place)).length;
  begun = performance.now();
  await nearestChunks({ organizationId, container: `tag${q % 100}` }, {}, query, wanted);
  times.tagged.push(performance.now() - begun);
}
const { rows } = await pool().query<{ signs: number; vectors: number }>(
  "select pg_total_relation_size('chunk_signs')::float / 1048576 as signs, pg_total_relation_size('chunk_vectors')::float / 1048576 as vectors",
);
console.log(
  JSON.stringify({
    seconds: median(times.all) / 1000,
    ms: median(times.all),
    p95: at95(times.all),
    taggedMs: median(times.tagged),
    recall: found / (queries * wanted),
    storedPerSecond: chunks / stored,
    signsMiB: rows[0]?.signs ?? 0,
    vectorsMiB: rows[0]?.vectors ?? 0,
  }),
);
await pool().query("delete from organizations where id = $1", [organizationId]);
await closeDatabase();
