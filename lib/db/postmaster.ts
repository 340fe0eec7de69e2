import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Is there a process with this id? One of another user counts too; one that has ended and waits to be reaped does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  if (process.platform !== "linux") return true;
  try {
    // Where nothing reaps the orphans (a container without an init), the dead keep their numbers.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return !/^ [ZX]/.test(stat.slice(stat.lastIndexOf(")") + 1));
  } catch {
    return false;
  }
}

async function commandOf(pid: number): Promise<string> {
  try {
    if (process.platform === "linux") return (await readFile(`/proc/${pid}/comm`, "utf8")).trim();
    return path.basename((await run("ps", ["-p", String(pid), "-o", "comm="])).stdout.trim());
  } catch {
    return "";
  }
}

/**
 * The process id in a cluster's postmaster.pid, if that process is a living PostgreSQL. A file left behind by
 * `kill -9`, whose number may meanwhile belong to another program, gives undefined.
 */
export async function postmasterPid(cluster: string): Promise<number | undefined> {
  const text = await readFile(path.join(cluster, "postmaster.pid"), "utf8").catch(() => "");
  const pid = Number.parseInt(text, 10);
  if (!Number.isInteger(pid) || pid <= 1 || !isAlive(pid)) return undefined;
  return (await commandOf(pid)) === "postgres" ? pid : undefined;
}
