import { createHash } from "node:crypto";
import { pool } from "#lib/db/client.ts";
import { transaction } from "#lib/db/tx.ts";
import { log } from "#lib/log.ts";
import { keepBaseline } from "./baseline.ts";
import { EmbeddingsError } from "./embeddings-error.ts";
import { embedder, type Embedder } from "./embeddings.ts";
import { enterSpace } from "./queue-vectors.ts";
import { spaceOf, storeVectors, type PassageVector } from "./vectors.ts";

/** Documents taken at a time, and chunks of one that are read, embedded and stored together. */
const documentsAtOnce = 32;
const chunksAtOnce = 256;
/** Whoever takes documents has so long for them; then others may. */
const leaseSeconds = 300;
/** Waits after the first, second, … failure; the last one holds for all others. */
const waits = [15, 30, 60, 120, 300, 600] as const;
/** An endpoint that refuses a document's texts so often is not asked again before they change. */
const mostRefusals = 5;

interface Task {
  readonly document_id: string;
  readonly due: string;
  readonly attempts: number;
}

/**
 * Gives vectors to the chunks that wait for them in vector_tasks, and stops when the endpoint does not answer: the
 * documents then wait for their next turn. Several workers may do this for one organization at once.
 */
export async function embedOrganization(organizationId: string, signal: AbortSignal): Promise<void> {
  const by = embedder();
  if (by === null) return;
  while (!signal.aborted) {
    const tasks = await take(organizationId);
    if (tasks.length === 0) return;
    const groups = groupsOf(tasks);
    for (const [i, group] of groups.entries()) {
      const rest = groups.slice(i).flat();
      try {
        const ids = group.map((task) => task.document_id);
        await embedDocuments(by, organizationId, ids, signal);
        await finish(group);
      } catch (error) {
        if (signal.aborted) return giveBack(rest);
        if (!(error instanceof EmbeddingsError)) {
          await giveBack(rest);
          throw error;
        }
        if (error.kind === "refused") {
          await refused(group, error);
          continue;
        }
        log("warn", "vectors have to wait", { error: error.message, model: by.model });
        return postpone(rest);
      }
    }
  }
}

/** Together they fill requests; those that failed before go alone, so that what is wrong with one is not on all. */
function groupsOf(tasks: readonly Task[]): readonly (readonly Task[])[] {
  const alone = tasks.filter(({ attempts }) => attempts > 2);
  const together = tasks.filter(({ attempts }) => attempts <= 2);
  return [...(together.length > 0 ? [together] : []), ...alone.map((task) => [task])];
}

async function take(organizationId: string): Promise<readonly Task[]> {
  const { rows } = await pool().query<Task>(
    `update vector_tasks set attempts = attempts + 1, due = clock_timestamp() + $3 * interval '1 second'
      where document_id in (
        select document_id from vector_tasks where organization_id = $1 and due <= clock_timestamp()
         order by due limit $2 for update skip locked)
     returning document_id, due::text, attempts`,
    [organizationId, documentsAtOnce, leaseSeconds],
  );
  return rows;
}

/** Done, except for documents that have changed meanwhile. */
async function finish(tasks: readonly Task[]): Promise<void> {
  await changeTasks(
    `delete from vector_tasks t using unnest($1::text[], $2::text[]) as n(id, due)
      where t.document_id = n.id and t.due = n.due::timestamptz`,
    [tasks.map((task) => task.document_id), tasks.map((task) => task.due)],
  );
}

/** Somebody may be queueing the same documents in another order: then it is tried again. */
async function changeTasks(sql: string, values: unknown[]): Promise<void> {
  await transaction((client) => client.query(sql, values));
}

async function giveBack(tasks: readonly Task[]): Promise<void> {
  await later(tasks, () => 0, 1);
}

async function postpone(tasks: readonly Task[]): Promise<void> {
  await later(tasks, ({ attempts }) => waits[Math.min(attempts, waits.length) - 1] ?? waits[0], 0);
}

async function later(tasks: readonly Task[], seconds: (task: Task) => number, unused: number): Promise<void> {
  await changeTasks(
    `update vector_tasks t set due = clock_timestamp() + n.seconds * interval '1 second', attempts = t.attempts - $4
       from unnest($1::text[], $2::text[], $3::int[]) as n(id, due, seconds)
      where t.document_id = n.id and t.due = n.due::timestamptz`,
    [tasks.map((task) => task.document_id), tasks.map((task) => task.due), tasks.map(seconds), unused],
  );
}

async function refused(tasks: readonly Task[], error: EmbeddingsError): Promise<void> {
  const hopeless = tasks.filter(({ attempts }) => attempts >= mostRefusals);
  await postpone(tasks.filter((task) => !hopeless.includes(task)));
  await finish(hopeless);
  log("warn", "the embeddings endpoint refuses texts", {
    error: error.message,
    triedAgain: tasks.length - hopeless.length,
    withoutVectors: hopeless.map((task) => task.document_id),
  });
}

interface ChunkRow {
  readonly position: number;
  readonly created_at: Date;
  readonly heading: string;
  readonly text: string;
}

interface Passage extends Omit<PassageVector, "vector"> {
  readonly documentId: string;
  readonly text: string;
}

async function embedDocuments(
  by: Embedder,
  organizationId: string,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  let waiting: Passage[] = [];
  for (const id of ids) {
    for await (const passages of passagesOf(by, organizationId, id)) {
      const known = await reuse(by, id, passages);
      waiting.push(...passages.filter((each) => !known.has(hex(each))));
      if (waiting.length < chunksAtOnce) continue;
      await embedAndStore(by, organizationId, waiting, signal);
      waiting = [];
    }
  }
  await embedAndStore(by, organizationId, waiting, signal);
  await keepBaseline(by, signal);
  // What was embedded of chunks that are no more.
  await pool().query(
    `delete from chunk_signs s where s.document_id = any($1::text[]) and not exists (
       select 1 from chunks c
        where c.document_id = s.document_id and c.position = s.position and c.created_at = s.chunk_at)`,
    [ids],
  );
}

async function* passagesOf(by: Embedder, organizationId: string, documentId: string): AsyncGenerator<Passage[]> {
  const { rows } = await pool().query<{ title: string | null }>(
    "select title from documents where id = $1 and organization_id = $2 and deleted_at is null",
    [documentId, organizationId],
  );
  if (rows.length === 0) return;
  for (let from = 0; ; from += chunksAtOnce) {
    const { rows: chunks } = await pool().query<ChunkRow>(
      `select position, created_at, heading, text from chunks
        where document_id = $1 and position >= $2 and position < $3 order by position`,
      [documentId, from, from + chunksAtOnce],
    );
    if (chunks.length > 0) yield chunks.map((chunk) => passageOf(by, documentId, rows[0]?.title ?? "", chunk));
    if (chunks.length < chunksAtOnce) return;
  }
}

/** What is embedded: the chunk, and what tells where it stands. */
function passageOf(
  by: Embedder,
  documentId: string,
  title: string,
  { position, created_at: chunkAt, heading, text }: ChunkRow,
): Passage {
  const whole = [title, heading, text].filter((part) => part !== "").join("\n");
  const passage = createHash("sha256").update(by.passagePrefix).update(whole).digest().subarray(0, 16);
  return { documentId, passage, position, chunkAt, text: whole };
}

const hex = ({ passage }: Pick<Passage, "passage">): string => passage.toString("hex");

/** Passages that have a vector already, which is now that of the new chunk. */
async function reuse(by: Embedder, documentId: string, passages: readonly Passage[]): Promise<ReadonlySet<string>> {
  const { rows } = await pool().query<{ passage: Buffer }>(
    `update chunk_signs s set position = n.position, chunk_at = n.chunk_at
       from unnest($2::bytea[], $3::int[], $4::timestamptz[]) as n(passage, position, chunk_at)
      where s.document_id = $1 and s.passage = n.passage
        and s.space = (select space from vector_space) and starts_with(s.space, $5)
     returning s.passage`,
    [
      documentId,
      passages.map(({ passage }) => passage),
      passages.map(({ position }) => position),
      passages.map(({ chunkAt }) => chunkAt),
      `${by.family}:`,
    ],
  );
  return new Set(rows.map(hex));
}

async function embedAndStore(
  by: Embedder,
  organizationId: string,
  passages: readonly Passage[],
  signal: AbortSignal,
): Promise<void> {
  if (passages.length === 0) return;
  const texts = passages.map(({ text }) => text);
  const vectors = await by.embed(texts, "passage", signal);
  const space = spaceOf(by, vectors[0]?.length ?? 0);
  await enterSpace(by.family, space);
  const rows = passages.flatMap((passage, i) => {
    const vector = vectors[i];
    return vector ? [{ ...passage, vector }] : [];
  });
  for (const [documentId, own] of Map.groupBy(rows, (row) => row.documentId)) {
    await transaction(async (client) => {
      // The document may have gone meanwhile.
      const { rowCount } = await client.query("select 1 from documents where id = $1 for key share", [documentId]);
      if (rowCount) await storeVectors(client, organizationId, documentId, space, own);
    });
  }
}
