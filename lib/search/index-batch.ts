import type { PoolClient } from "pg";
import { transaction } from "#lib/db/tx.ts";
import { chunkText } from "./chunk.ts";
import { giveUp, indexAttempts, indexFailure } from "./index-failure.ts";
import { noteWords } from "./known-words.ts";
import { languageOf } from "./language.ts";
import { queueVectors } from "./queue-vectors.ts";
import { chunksOfPart, part, sixteenth } from "./sample.ts";
import { titleMark } from "./tsquery.ts";
import { segmented, wordsOfSegmented } from "./words.ts";

/** A batch has at most so many documents, and so much text unless it is a single one. */
const documentsMax = 64;
const bytesMax = 2 * 1024 * 1024;
/** A larger document is a batch of its own, and its attempt is counted before: it may be what kills the process. */
const largeBytes = 1024 * 1024;
/** Chunks of one statement. */
const rowsMax = 64;
/** What a document is found by of its title: a site may give it a whole page. */
const titleMax = 2_000;
/** Another transaction holds the document: look again after so many seconds. */
const busySeconds = 1;

export type IndexFailpoint = (at: "chunks written" | "before commit") => void | Promise<void>;

export interface IndexBatch {
  readonly organizationId: string;
  /** of a chunk */
  readonly tokens: number;
  /** what a text is taken for that is too short to tell */
  readonly language: string;
  readonly signal: AbortSignal;
  readonly failpoint?: IndexFailpoint | undefined;
  /** just this document */
  readonly only?: string;
}

/** `large`: a document that is to be taken by itself, with its attempt counted already. */
export type BatchResult = "nothing" | "done" | { readonly large: string };

interface Task {
  readonly document_id: string;
  readonly attempts: number;
  readonly title: string | null;
  readonly gone: boolean;
  readonly bytes: number;
}

/**
 * Indexes the documents that have waited longest: one transaction takes their tasks, replaces their chunks, sets their
 * status and removes the tasks, or does nothing at all.
 * @param taken is filled with the documents it is about, for the case that it throws
 */
export async function indexBatch(batch: IndexBatch, taken: string[]): Promise<BatchResult> {
  return transaction(async (client) => {
    taken.length = 0;
    const tasks = await take(client, batch);
    if (tasks.length === 0) return "nothing";
    const over = tasks.filter((task) => task.gone || task.attempts >= indexAttempts);
    if (over.length > 0) await drop(client, batch.organizationId, over);
    const open = tasks.filter((task) => !over.includes(task));
    const first = open[0];
    if (first && first.bytes > largeBytes && batch.only === undefined) {
      const large = first.document_id;
      await client.query("update index_tasks set attempts = attempts + 1 where document_id = $1", [large]);
      return { large };
    }
    const chosen = fitting(open);
    if (chosen.length === 0) return "done";
    taken.push(...chosen.map((task) => task.document_id));
    await write(client, batch, chosen);
    await batch.failpoint?.("before commit");
    return "done";
  });
}

/**
 * Nobody is waited for, as whoever stores a text holds its document first and then waits for its task: what others
 * hold comes later. With the document held for sharing it cannot be deleted meanwhile.
 */
async function take(client: PoolClient, batch: IndexBatch): Promise<Task[]> {
  const { rows } = await client.query<Task>({
    name: batch.only === undefined ? "index_take" : "index_take_one",
    text: `select t.document_id, t.attempts, d.title, d.deleted_at is not null as gone, coalesce(octet_length(c.text), 0) as bytes
           from index_tasks t join documents d on d.id = t.document_id
             left join contents c on c.document_id = t.document_id
           where t.organization_id = $1 and ${batch.only === undefined ? "t.due <= statement_timestamp()" : "t.document_id = $3"}
           order by t.due limit $2
           for update of t skip locked for key share of d skip locked`,
    values: [batch.organizationId, documentsMax, ...(batch.only === undefined ? [] : [batch.only])],
  });
  // Counted already by the one that found out how large it is.
  return batch.only === undefined ? rows : rows.map((task) => ({ ...task, attempts: 0 }));
}

function fitting(tasks: readonly Task[]): Task[] {
  const chosen: Task[] = [];
  let bytes = 0;
  for (const task of tasks) {
    bytes += task.bytes;
    if (chosen.length > 0 && (bytes > bytesMax || task.bytes > largeBytes)) break;
    chosen.push(task);
  }
  return chosen;
}

/**
 * Tasks of tombstones, which are indexed should they come back; and of documents at which the process died again and
 * again.
 */
async function drop(client: PoolClient, organizationId: string, tasks: readonly Task[]): Promise<void> {
  const failed = tasks.filter((task) => !task.gone).map((task) => task.document_id);
  if (failed.length > 0) await giveUp(client, organizationId, failed);
  await client.query("update documents set status = 'indexing' where id = any($1::text[]) and status = 'done'", [
    tasks.filter((task) => task.gone).map((task) => task.document_id),
  ]);
  await client.query("delete from index_tasks where document_id = any($1::text[])", [
    tasks.map((task) => task.document_id),
  ]);
}

interface Row {
  readonly documentId: string;
  readonly position: number;
  readonly start: number;
  readonly end: number;
  readonly heading: string;
  readonly text: string;
  readonly language: string;
  readonly titleWords: string;
  readonly headingWords: string;
  readonly textWords: string;
}

async function write(client: PoolClient, batch: IndexBatch, tasks: readonly Task[]): Promise<void> {
  const ids = tasks.map((task) => task.document_id);
  const texts = await client.query<{ document_id: string; text: string }>({
    name: "index_texts",
    text: "select document_id, text from contents where document_id = any($1::text[])",
    values: [ids],
  });
  const textOf = new Map(texts.rows.map((row) => [row.document_id, row.text]));
  await client.query({
    name: "index_clear",
    text: "delete from chunks where document_id = any($1::text[])",
    values: [ids],
  });
  const languages: string[] = [];
  let words = new Map<string, number>();
  let rows: Row[] = [];
  let writing: Promise<void> = Promise.resolve();
  /**
   * PostgreSQL writes these while the next ones are made; what goes wrong is told by the next call. Their words are
   * written by another connection: two workers would wait for each other at every common word. Words of a document that
   * is rolled back do no harm. A large document may have a million: all at once, they would leave this transaction idle
   * for so long that it is ended.
   */
  const flush = async (): Promise<void> => {
    await writing;
    batch.signal.throwIfAborted();
    if (rows.length === 0) return;
    writing = insertChunks(client, batch.organizationId, rows);
    writing.catch(() => {});
    rows = [];
    await noteWords(batch.organizationId, words);
    words = new Map();
  };
  for (const task of tasks) {
    const text = textOf.get(task.document_id) ?? "";
    const language = await languageOf(text.trim() === "" ? (task.title ?? "") : text, batch.language);
    languages.push(language);
    for (const row of rowsOf(task, text, language, batch.tokens)) {
      count(words, row);
      rows.push(row);
      if (rows.length >= rowsMax) await flush();
    }
  }
  await flush();
  await writing;
  await batch.failpoint?.("chunks written");
  await queueVectors(client, batch.organizationId, ids);
  await finish(client, batch.organizationId, ids, languages);
}

function* rowsOf(task: Task, text: string, language: string, tokens: number): Generator<Row> {
  const title = task.title ?? "";
  const titleWords = segmented(title.slice(0, titleMax));
  const chunks = chunkText(text, { tokens });
  // A document without text is found by its title.
  const found = chunks.length > 0 || titleWords === "" ? chunks : [{ start: 0, end: 0, heading: "", text: "" }];
  let heading = "";
  let headingWords = "";
  for (const [position, chunk] of found.entries()) {
    if (chunk.heading !== heading) {
      heading = chunk.heading;
      headingWords = segmented(heading);
    }
    yield {
      documentId: task.document_id,
      position,
      ...chunk,
      language,
      titleWords: position === 0 ? titleWords : "",
      headingWords,
      textWords: segmented(chunk.text),
    };
  }
}

function count(words: Map<string, number>, row: Row): void {
  const all = [row.titleWords, row.headingWords, row.textWords].join(" ");
  for (const word of wordsOfSegmented(all)) words.set(word, (words.get(word) ?? 0) + 1);
}

/**
 * The words of a title are there twice: an index cannot be asked for what is in a title, but for what is marked. And each
 * document belongs to one of 16 and of 256 parts of everything, a long one by sections, so that a part can be asked for.
 */
async function insertChunks(client: PoolClient, organizationId: string, rows: readonly Row[]): Promise<void> {
  await client.query({
    name: "index_chunks",
    text: `insert into chunks (document_id, position, organization_id, start, stop, heading, text, tags, vector)
           select v.id, v.position, $1, v.start, v.stop, v.heading, v.text, d.container_tags,
             setweight(to_tsvector(v.language::regconfig, v.title_words), 'A')
               || setweight(to_tsvector(v.language::regconfig, v.heading_words), 'B')
               || to_tsvector(v.language::regconfig, v.text_words)
               || array_to_tsvector(array(
                    select '${titleMark}' || lexeme from unnest(to_tsvector(v.language::regconfig, v.title_words))))
               || array_to_tsvector(array['${sixteenth}' || left(v.hash, 1), '${part}' || left(v.hash, 2)])
           from (
             select *, md5(id || ' ' || position / ${chunksOfPart}) as hash
               from unnest($2::text[], $3::int[], $4::int[], $5::int[], $6::text[], $7::text[], $8::text[], $9::text[],
                      $10::text[], $11::text[])
                    as each(id, position, start, stop, heading, text, language, title_words, heading_words, text_words)) v
             join documents d on d.id = v.id`,
    values: [
      organizationId,
      rows.map((row) => row.documentId),
      rows.map((row) => row.position),
      rows.map((row) => row.start),
      rows.map((row) => row.end),
      rows.map((row) => row.heading),
      rows.map((row) => row.text),
      rows.map((row) => `tributary_${row.language}`),
      rows.map((row) => row.titleWords),
      rows.map((row) => row.headingWords),
      rows.map((row) => row.textWords),
    ],
  });
}

/** A document whose next text is still being fetched keeps its status; one that failed for another reason, too. */
const settles = "(d.status in ('chunking', 'indexing', 'embedding') or d.failure = $4)";

/**
 * Done, unless somebody is storing a newer text at this moment: then the task stays for that one.
 */
async function finish(
  client: PoolClient,
  organizationId: string,
  ids: readonly string[],
  languages: readonly string[],
): Promise<void> {
  const { rows } = await client.query<{ id: string }>({
    name: "index_hold",
    text: `select id from documents where organization_id = $1 and id = any($2::text[])
           order by id for no key update skip locked`,
    values: [organizationId, ids],
  });
  const held = new Set(rows.map((row) => row.id));
  const mine = ids.flatMap((id, i) => (held.has(id) ? [{ id, language: languages[i] ?? "" }] : []));
  await client.query({
    name: "index_done",
    text: `update documents d set language = v.language,
             failure = case when ${settles} then null else d.failure end,
             status = case when ${settles} then 'done' else d.status end
           from unnest($2::text[], $3::text[]) as v(id, language)
           where d.organization_id = $1 and d.id = v.id and (${settles} or d.language is distinct from v.language)`,
    values: [organizationId, mine.map((each) => each.id), mine.map((each) => each.language), indexFailure],
  });
  await client.query({
    name: "index_over",
    text: "delete from index_tasks where organization_id = $1 and document_id = any($2::text[])",
    values: [organizationId, [...held]],
  });
  const busy = ids.filter((id) => !held.has(id));
  if (busy.length === 0) return;
  await client.query(
    `update index_tasks set due = clock_timestamp() + interval '${busySeconds} seconds'
     where organization_id = $1 and document_id = any($2::text[])`,
    [organizationId, busy],
  );
}
