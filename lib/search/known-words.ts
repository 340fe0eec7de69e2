import { pool } from "#lib/db/client.ts";

/**
 * The table of words: what is new is written at once, how often a known word comes is added up here and written now and
 * then. The numbers are about right and meant to be no more: a process that dies forgets what it had not written.
 */

/** Words remembered by this process, of all organizations together. */
const rememberedMax = 200_000;
const wordsOfStatement = 5_000;

/** organization → word → how often it was seen since the last writing */
const known = new Map<string, Map<string, number>>();
let remembered = 0;

/** Adds words with the number of chunks they are in. Not in a transaction of the caller's. */
export async function noteWords(organizationId: string, words: ReadonlyMap<string, number>): Promise<void> {
  const seen = known.get(organizationId) ?? new Map<string, number>();
  known.set(organizationId, seen);
  const fresh: [string, number][] = [];
  for (const [word, times] of words) {
    const before = seen.get(word);
    if (before === undefined) fresh.push([word, times]);
    else seen.set(word, before + times);
  }
  await write(organizationId, fresh);
  // Somebody else in this process may have learned it meanwhile, and have counted on.
  for (const [word] of fresh) if (!seen.has(word)) seen.set(word, 0);
  remembered += fresh.length;
  if (remembered > rememberedMax) await forget();
}

/** Writes what was added up for an organization. */
export async function flushWords(organizationId: string): Promise<void> {
  const seen = known.get(organizationId);
  if (!seen) return;
  const waiting = [...seen].filter(([, times]) => times > 0);
  for (const [word] of waiting) seen.set(word, 0);
  await write(organizationId, waiting);
}

/** Makes room: what comes again is learned again. */
async function forget(): Promise<void> {
  for (const organizationId of known.keys()) {
    await flushWords(organizationId);
    known.delete(organizationId);
  }
  remembered = 0;
}

/** In the order of words, so that two workers never wait for each other. */
async function write(organizationId: string, words: [string, number][]): Promise<void> {
  words.sort(([a], [b]) => (a < b ? -1 : 1));
  for (let from = 0; from < words.length; from += wordsOfStatement) {
    const part = words.slice(from, from + wordsOfStatement);
    await pool().query(
      `insert into words (organization_id, word, seen)
       select $1, * from unnest($2::text[], $3::int[])
       on conflict (organization_id, word) do update set seen = least(words.seen::bigint + excluded.seen, 2000000000)`,
      [organizationId, part.map(([word]) => word), part.map(([, times]) => times)],
    );
  }
}
