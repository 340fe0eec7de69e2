import { createHash } from "node:crypto";
import type { PoolClient } from "pg";
import { pool } from "#lib/db/client.ts";
import { isDatabaseUnavailable, transaction } from "#lib/db/tx.ts";
import type { createHttp } from "#lib/egress/http.ts";
import { env } from "#lib/env.ts";
import { ExtractError, type Extractor } from "#lib/extract/types.ts";
import { fileBytes, findFile } from "#lib/files/read.ts";
import { sendDocument } from "#lib/jobs/queue.ts";
import { log } from "#lib/log.ts";
import { queueIndexing } from "#lib/search/queue-indexing.ts";
import { fetchPage } from "./fetch-page.ts";
import { oneAtATime } from "./heavy.ts";
import { titleOf } from "./title.ts";
import { Unreadable, unreadable } from "./unreadable.ts";

/**
 * The worker's side of adding: gets the text of a document that was added as an address or a file. What is to be done is
 * decided from the row, so a job that comes twice or late does no harm; and a result counts only while the document still
 * is to be made of the same source: newer content that came meanwhile wins.
 */

export interface Processing {
  readonly createHttp: typeof createHttp;
  readonly extractor: Extractor;
}

/** Tries in all, those that ended with the worker included. */
const mostTries = 5;
/** Between them, in units of RETRY_BASE_MS: 5 s, 30 s, 2 min and 10 min where that is a second. */
const waits = [5, 30, 120, 600];
/** A site that wants to be left alone for longer is not waited for. */
const longestWaitSeconds = 3_600;

interface Task {
  readonly id: string;
  readonly organization_id: string;
  /** Source.mark */
  readonly version: string;
  readonly title: string | null;
  readonly url: string | null;
  readonly file_id: string | null;
  readonly tries: number;
}

interface Read {
  readonly text: string;
  readonly title: string | null;
  readonly type: string;
  readonly mime: string;
  readonly bytes: number;
}

/** @throws when the worker stops or the database is gone: the queue gives the job to somebody else */
export async function processDocument(
  { createHttp: make, extractor }: Processing,
  documentId: string,
  signal: AbortSignal,
): Promise<void> {
  const task = await claim(documentId);
  if (!task) return;
  if (task.tries > mostTries) {
    await fail(
      task,
      "It stopped the worker each time it was tried. Split it into smaller files, or add its text itself.",
    );
    return;
  }
  let read: Read;
  try {
    read = await readSource(make, extractor, task, signal);
  } catch (error) {
    if (signal.aborted) {
      await giveBack(task);
      throw signal.reason;
    }
    if (isDatabaseUnavailable(error)) throw error;
    await failedOnce(task, unreadable(error) ?? ownFault(task, error));
    return;
  }
  await keep(task, read);
}

/** Takes the document in hand; undefined when there is nothing to do (any more). */
async function claim(documentId: string): Promise<Task | undefined> {
  const { rows } = await pool().query<Task>(
    `update documents set status = 'extracting', failure = null, updated_at = now(),
       memo = jsonb_build_object('tries', coalesce((memo ->> 'tries')::int, 0) + 1)
     where id = $1 and connection_id is null and deleted_at is null and status in ('queued', 'extracting')
       and version is not null
     returning id, organization_id, version, title, url, file_id, (memo ->> 'tries')::int as tries`,
    [documentId],
  );
  return rows[0];
}

async function readSource(
  make: typeof createHttp,
  extractor: Extractor,
  task: Task,
  signal: AbortSignal,
): Promise<Read> {
  if (task.file_id !== null) return readFile(extractor, task, task.file_id, signal);
  if (task.url === null) throw new Unreadable("There is nothing to read", "Add it again.");
  const { bytes, mime, url, filename } = await fetchPage(make, task.url, signal);
  const size = bytes.byteLength;
  const extracted = await extractor.extract(
    { bytes, url, ...(mime === undefined ? {} : { mime }), ...(filename === undefined ? {} : { filename }) },
    signal,
  );
  const { markdown: text, title, type, mime: is } = extracted;
  return checked({ text, title: title ?? titleOf(text) ?? task.title, type, mime: is, bytes: size });
}

async function readFile(extractor: Extractor, task: Task, fileId: string, signal: AbortSignal): Promise<Read> {
  const file = await findFile(task.organization_id, fileId);
  if (!file) throw new Unreadable("The file is not there any more", "Upload it again.");
  return oneAtATime(file.bytes, signal, async () => {
    const bytes = await fileBytes(task.organization_id, fileId);
    const extracted = await extractor.extract(
      { bytes, filename: file.name, ...(file.mime === null ? {} : { mime: file.mime }) },
      signal,
    );
    const { markdown: text, title, type, mime } = extracted;
    return checked({ text, title: title ?? file.name, type, mime, bytes: file.bytes });
  });
}

/** @throws ExtractError rather than let an empty document pass for a done one */
function checked(read: Read): Read {
  if (read.text.trim() === "") throw new ExtractError("empty", "There is no text in it.");
  return read;
}

/** Only while the document is still to be made of what was read. */
const stillWanted = `id = $1 and organization_id = $2 and version = $3 and status in ('queued', 'extracting')
  and connection_id is null and deleted_at is null`;
const valuesOf = ({ id, organization_id: organizationId, version }: Task) => [id, organizationId, version];

async function keep(task: Task, read: Read): Promise<void> {
  const hash = createHash("sha256").update(read.text).digest();
  await transaction(async (client) => {
    const { rowCount } = await client.query(
      `update documents set status = 'chunking', title = $4, type = $5, mime = $6, bytes = $7, content_hash = $8,
         failure = null, memo = null, updated_at = now() where ${stillWanted}`,
      [...valuesOf(task), read.title, read.type, read.mime, read.bytes, hash],
    );
    if (rowCount !== 1) return;
    await client.query(
      `insert into contents (document_id, organization_id, text) values ($1, $2, $3)
       on conflict (document_id) do update set text = excluded.text`,
      [task.id, task.organization_id, read.text],
    );
    await queueIndexing(client, task.organization_id, [task.id]);
  });
}

/** Tries again later what may go better then, and says so meanwhile; the rest has failed, and says why. */
async function failedOnce(task: Task, problem: Unreadable): Promise<void> {
  const wait = waits[task.tries - 1];
  const seconds = Math.max(
    ((wait ?? 0) * env().RETRY_BASE_MS * (0.75 + Math.random() / 2)) / 1_000,
    problem.retryAfterSeconds ?? 0,
  );
  const last = task.tries >= problem.triesMax || wait === undefined || seconds > longestWaitSeconds;
  if (!problem.passing || last) {
    await fail(task, problem.message);
    return;
  }
  await transaction(async (client) => {
    if (await release(client, task, task.tries, waiting(problem.what, seconds)))
      await sendDocument(client, task.id, seconds);
  });
}

function waiting(what: string, seconds: number): string {
  const at = new Date(Date.now() + seconds * 1_000).toISOString();
  return `${what.slice(0, 900)} It is tried again by itself at ${at.slice(0, 10)} ${at.slice(11, 19)} UTC.`;
}

/** Not this document's fault: as it was before it was taken in hand. */
async function giveBack(task: Task): Promise<void> {
  await transaction((client) => release(client, task, task.tries - 1, null));
}

async function release(client: PoolClient, task: Task, tries: number, failure: string | null): Promise<boolean> {
  const { rowCount } = await client.query(
    `update documents set status = 'queued', memo = jsonb_build_object('tries', $4::int), failure = $5,
       updated_at = now()
      where ${stillWanted}`,
    [...valuesOf(task), tries, failure],
  );
  return rowCount === 1;
}

async function fail(task: Task, failure: string): Promise<void> {
  await pool().query(
    `update documents set status = 'failed', failure = $4, memo = null, updated_at = now() where ${stillWanted}`,
    [...valuesOf(task), failure.slice(0, 1_000)],
  );
}

function ownFault(task: Task, error: unknown): Unreadable {
  log("error", "a document could not be processed", {
    document: task.id,
    error: error instanceof Error ? error.message : "unknown",
  });
  return new Unreadable("Something went wrong inside Tributary", "Add it again; the worker's log says more.", {
    passing: true,
  });
}
