import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Client } from "pg";
import { z } from "zod";
import { startEmbedded, type EmbeddedDatabase } from "../db/embedded.ts";
import { StartupError } from "../db/startup-error.ts";
import { log } from "../log.ts";

/** The advisory lock of whoever runs on this data folder. PostgreSQL gives it back the moment that process is gone. */
const ownerLock = 7_426_351_902;

const owner = z.object({ pid: z.number(), url: z.string() });

export interface OwnedDatabase {
  readonly url: string;
  /** milliseconds until it answered */
  readonly readyMs: number;
  readonly attached: boolean;
  stop(): Promise<void>;
}

/**
 * Starts the data folder's database and keeps it running: a server that dies is started again, and the clients find
 * it at the same address. Only one supervisor can own a data folder.
 * @param appUrl what a second start is told about this one
 * @throws StartupError naming the process that already runs on this folder
 */
export async function ownDatabase(dataDir: string, appUrl: string): Promise<OwnedDatabase> {
  const began = performance.now();
  const note = path.join(dataDir, "running.json");
  let database = await startEmbedded({ dataDir });
  let lock = await takeLock(database.url);
  if (!lock) throw await alreadyRunning(dataDir, note);
  const { attached, url } = database;
  const readyMs = Math.round(performance.now() - began);
  database.guard();
  await writeFile(note, JSON.stringify({ pid: process.pid, url: appUrl }));

  const stopping = new AbortController();
  const ended = () => stopping.signal.aborted;
  const keep = async () => {
    for (let failures = 0; !ended();) {
      await Promise.race([database.exited, closed(lock)]);
      if (ended()) return;
      log("error", "the database went away; starting it again", { failures });
      await wait(Math.min(30_000, 100 * 2 ** failures), undefined, { signal: stopping.signal }).catch(() => {});
      if (ended()) return;
      try {
        const next: EmbeddedDatabase = await startEmbedded({ dataDir });
        if (next.pid !== database.pid) next.guard();
        database = next;
        lock = await takeLock(url);
        if (lock) failures = 0;
        else throw new Error("another process took the data folder over");
        log("info", "the database is back");
      } catch (error) {
        failures += 1;
        log("error", (error as Error).message);
      }
    }
  };
  const keeping = keep();

  const stop = async () => {
    stopping.abort();
    await rm(note, { force: true }).catch(() => {});
    await lock?.end().catch(() => {});
    await database.stop();
    await keeping;
  };
  return { url, readyMs, attached, stop };
}

async function takeLock(url: string): Promise<Client | undefined> {
  const client = new Client({ connectionString: url, keepAlive: true, application_name: "tributary start" });
  client.on("error", () => {}); // noticed by "end"
  await client.connect();
  const { rows } = await client.query<{ mine: boolean }>("select pg_try_advisory_lock($1) as mine", [ownerLock]);
  if (rows[0]?.mine) return client;
  await client.end();
  return undefined;
}

const closed = (client: Client | undefined): Promise<void> =>
  client ? new Promise((resolve) => client.once("end", () => resolve())) : Promise.resolve();

async function alreadyRunning(dataDir: string, note: string): Promise<StartupError> {
  const text = await readFile(note, "utf8").catch(() => "{}");
  const parsed = owner.safeParse(parseJson(text));
  const who = parsed.success ? ` (process ${parsed.data.pid}, ${parsed.data.url})` : "";
  return new StartupError(
    `Tributary already runs on the data folder ${dataDir}${who}: use that one, stop it first, ` +
      `or set DATA_DIR and PORT to start another.`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
