import { execFile, spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import { Client } from "pg";
import { postgresBinaries, type Binaries } from "./binaries.ts";
import { isAlive, postmasterPid } from "./postmaster.ts";
import { answers, embeddedName, embeddedUrl, prepareSocketFolder } from "./socket.ts";
import { StartupError } from "./startup-error.ts";
import { databaseIdentity, giveToDatabase, type Identity } from "./unprivileged.ts";

const run = promisify(execFile);

/** Raised with the major version of PostgreSQL: a newer one cannot open an older one's files. */
const clusterFolder = (dataDir: string): string => path.join(dataDir, "postgresql-18");
const startDeadlineMs = 60_000;
const pollMs = 20;

export interface EmbeddedOptions {
  /** absolute */
  readonly dataDir: string;
  /** for tests: no fsync, and the whole data folder is removed when this process ends, however it ends */
  readonly throwAway?: boolean;
}

export interface EmbeddedDatabase {
  readonly url: string;
  readonly pid: number;
  /** an earlier start had left it running */
  readonly attached: boolean;
  /** settles when PostgreSQL is gone, for whatever reason */
  readonly exited: Promise<void>;
  /** From now on it ends with this process, even by `kill -9`. For whoever owns it, not for those who only look in. */
  guard(): void;
  /** Ends it in order: open transactions are rolled back, everything committed is on disk. */
  stop(): Promise<void>;
}

/**
 * Starts the PostgreSQL that keeps its files in `dataDir`, or attaches to it when it still runs. It has no network
 * port, only a unix socket. Unless guarded it outlives this process, and the next start attaches to it.
 * @throws StartupError with the remedy
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedDatabase> {
  const { dataDir } = options;
  const identity = databaseIdentity();
  await prepareDataFolder(dataDir, identity);
  await prepareSocketFolder(dataDir, identity);
  const cluster = clusterFolder(dataDir);
  const deadline = performance.now() + startDeadlineMs;
  let binaries: Binaries | undefined;
  let lastWords = "";
  while (performance.now() < deadline) {
    const running = await postmasterPid(cluster);
    if (running !== undefined) {
      if (await answers(dataDir, cluster)) return supervise(options, cluster, running, true);
      await wait(pollMs); // it is starting, recovering or on its way out
      continue;
    }
    binaries ??= await postgresBinaries(dataDir, identity);
    if (!existsSync(cluster)) await createCluster(binaries, cluster, identity, options);
    const attempt = await launch(binaries, cluster, identity, options, deadline);
    if (attempt.pid !== undefined) return supervise(options, cluster, attempt.pid, false);
    lastWords = attempt.log;
    // Another start was quicker, or a killed server's helpers are still leaving: look again.
    if (!/lock file|shared memory block/.test(lastWords)) break;
    await wait(200);
  }
  throw new StartupError(
    `The built-in PostgreSQL did not start in ${dataDir}: ${lastWords.trim() || "it does not answer"} ` +
      `(its log is ${path.join(dataDir, "postgresql.log")}).`,
  );
}

/** Address of the database that a running start keeps on this data folder; undefined when there is none. */
export async function findEmbedded(dataDir: string): Promise<string | undefined> {
  return (await answers(dataDir, clusterFolder(dataDir))) ? embeddedUrl(dataDir) : undefined;
}

async function prepareDataFolder(dataDir: string, identity: Identity): Promise<void> {
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o711 });
    const { mode } = await stat(dataDir);
    // The database's user has to pass through; what is secret in here has its own permissions.
    if (identity.uid !== undefined && !(mode & 0o001)) await chmod(dataDir, (mode & 0o777) | 0o011);
  } catch (error) {
    throw new StartupError(
      `The data folder ${dataDir} cannot be used (${(error as Error).message}): set DATA_DIR to one that can be written.`,
    );
  }
  if (identity.uid === undefined) return;
  try {
    await run("/bin/sh", ["-c", 'cd "$1"', "sh", dataDir], { ...identity, cwd: "/" });
  } catch {
    throw new StartupError(
      `PostgreSQL must not run as root, and the user it runs as (uid ${identity.uid}) cannot reach ${dataDir}: ` +
        `set DATA_DIR to a folder whose parents everyone may enter, such as /var/lib/tributary, or set DATABASE_URL.`,
    );
  }
}

/** initdb in a folder of its own, renamed when whole: a start that was killed half-way leaves nothing usable behind. */
async function createCluster(
  binaries: Binaries,
  cluster: string,
  identity: Identity,
  options: EmbeddedOptions,
): Promise<void> {
  const half = `${cluster}.${process.pid}`;
  await rm(half, { recursive: true, force: true });
  await mkdir(half, { mode: 0o700 });
  await giveToDatabase(half, identity);
  const settings = ["-U", embeddedName, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-instructions"];
  if (options.throwAway) settings.push("--no-sync");
  try {
    await run(path.join(binaries.bin, "initdb"), ["-D", half, ...settings], { ...identity, cwd: "/" });
  } catch (error) {
    await rm(half, { recursive: true, force: true });
    const { stderr = "", message } = error as Error & { stderr?: string };
    throw new StartupError(`The database could not be created in ${cluster}: ${stderr.trim() || message}`);
  }
  try {
    await rename(half, cluster);
  } catch (error) {
    await rm(half, { recursive: true, force: true });
    if (!existsSync(cluster)) throw error; // else a start beside this one was quicker
  }
}

/** Our variables hold secrets, and the server needs none of them. */
const noVariables = {} as NodeJS.ProcessEnv;

function serverSettings(dataDir: string, socket: string, throwAway: boolean): string[] {
  const settings: Record<string, string> = {
    listen_addresses: "",
    unix_socket_directories: socket,
    unix_socket_permissions: "0700",
    max_connections: "100",
    shared_buffers: "128MB",
    timezone: "UTC",
    log_timezone: "UTC",
    // Short queries only: compiling them costs more than it saves.
    jit: "off",
    // The log must not repeat what people store: no statements, no values.
    log_min_messages: "warning",
    log_min_error_statement: "panic",
    log_error_verbosity: "terse",
    ...(throwAway && { fsync: "off", full_page_writes: "off", wal_level: "minimal", max_wal_senders: "0" }),
  };
  return Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}

async function launch(
  binaries: Binaries,
  cluster: string,
  identity: Identity,
  options: EmbeddedOptions,
  deadline: number,
): Promise<{ pid?: number; log: string }> {
  const socket = await prepareSocketFolder(options.dataDir, identity);
  const logFile = path.join(options.dataDir, "postgresql.log");
  const size = (await stat(logFile).catch(() => undefined))?.size ?? 0;
  if (size > 10_000_000) await rename(logFile, `${logFile}.1`);
  const log = await open(logFile, "a", 0o600);
  const before = (await log.stat()).size;
  const lastWords = async () => (await readFile(logFile, "utf8")).slice(before).slice(-2_000);
  let child: ChildProcess;
  try {
    // Detached: Ctrl-C reaches the whole process group, but the database has to be the last to leave.
    child = spawn(
      path.join(binaries.bin, "postgres"),
      ["-D", cluster, ...serverSettings(options.dataDir, socket, options.throwAway ?? false)],
      { ...identity, cwd: "/", detached: true, stdio: ["ignore", log.fd, log.fd], env: noVariables },
    );
  } finally {
    await log.close();
  }
  let failure = "";
  child.once("error", (error) => (failure = error.message));
  child.unref();
  while (performance.now() < deadline) {
    if (failure) return { log: failure };
    if (child.exitCode !== null || child.signalCode !== null) return { log: await lastWords() };
    if (child.pid !== undefined && (await answers(options.dataDir, cluster))) {
      return { pid: child.pid, log: "" };
    }
    await wait(pollMs);
  }
  child.kill("SIGQUIT");
  return { log: `no answer within ${startDeadlineMs / 1000} s; ${await lastWords()}` };
}

async function supervise(
  options: EmbeddedOptions,
  cluster: string,
  pid: number,
  attached: boolean,
): Promise<EmbeddedDatabase> {
  let watcher: ChildProcess | undefined;
  const guard = () => {
    watcher ??= watch(pid, cluster, options);
  };
  if (options.throwAway) guard();
  await ensureDatabase(options.dataDir);
  const gone = async () => {
    while (isAlive(pid)) await wait(100, undefined, { ref: false });
  };
  const exited = gone();
  let stopping: Promise<void> | undefined;
  const stop = async () => {
    // "Fast" first; "immediate" only when that hangs: then the next start recovers from the log.
    for (const signal of ["SIGINT", "SIGQUIT"] as const) {
      if ((await postmasterPid(cluster)) === pid) process.kill(pid, signal);
      const end = performance.now() + 10_000;
      while (isAlive(pid) && performance.now() < end) await wait(10);
    }
    watcher?.stdin?.end();
    if (options.throwAway) await rm(options.dataDir, { recursive: true, force: true });
  };
  return { url: embeddedUrl(options.dataDir), pid, attached, exited, guard, stop: () => (stopping ??= stop()) };
}

/**
 * A shell that does nothing but wait for this process to end: then the pipe it reads from closes, and it asks
 * PostgreSQL to shut down. So not even `kill -9` leaves a database running for nobody.
 */
const watcherScript = `read -r _
if [ "$(head -n 1 "$2/postmaster.pid" 2>/dev/null)" = "$1" ]; then kill -INT "$1"; fi
if [ -n "$3" ]; then
  while kill -0 "$1" 2>/dev/null; do sleep 0.1; done
  rm -rf "$3"
fi`;

function watch(pid: number, cluster: string, options: EmbeddedOptions): ChildProcess {
  const removed = options.throwAway ? options.dataDir : "";
  const watcher = spawn("/bin/sh", ["-c", watcherScript, "sh", String(pid), cluster, removed], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
    cwd: "/",
  });
  watcher.on("error", () => {});
  watcher.stdin?.on("error", () => {});
  watcher.unref();
  // A pipe keeps the event loop busy; this one is only there to close with the process.
  (watcher.stdin as unknown as { unref?: () => void } | null)?.unref?.();
  return watcher;
}

async function ensureDatabase(dataDir: string): Promise<void> {
  const client = new Client({ connectionString: embeddedUrl(dataDir, "postgres") });
  await client.connect();
  try {
    const { rowCount } = await client.query("select 1 from pg_database where datname = $1", [embeddedName]);
    if (rowCount === 0) await client.query(`create database ${embeddedName}`);
  } catch (error) {
    // Made by a start beside this one: found so at once, or only by the index.
    if (!["42P04", "23505"].includes((error as { code?: string }).code ?? "")) throw error;
  } finally {
    await client.end();
  }
}
