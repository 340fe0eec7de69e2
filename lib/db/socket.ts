import { createHash } from "node:crypto";
import { chmod, lstat, mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Client } from "pg";
import { StartupError } from "./startup-error.ts";
import { giveToDatabase, type Identity } from "./unprivileged.ts";

/** Role and database of the embedded PostgreSQL. */
export const embeddedName = "tributary";

/** The kernel's limit for the path of a unix socket is 107 bytes on Linux and 103 on macOS. */
const longestSocketPath = 103;

/**
 * The folder of the database's unix socket: inside the data folder, or, when that path is too long for a socket, in
 * the temporary folder under a name derived from it. Anyone who knows the data folder finds the database by this.
 */
export function socketFolder(dataDir: string): string {
  const beside = path.join(dataDir, "run");
  if (Buffer.byteLength(path.join(beside, ".s.PGSQL.5432")) <= longestSocketPath) return beside;
  return path.join(tmpdir(), `tributary-${createHash("sha256").update(dataDir).digest("hex").slice(0, 16)}`);
}

/** Creates the socket folder; only we and the database may enter it, for whoever can connect is trusted. */
export async function prepareSocketFolder(dataDir: string, identity: Identity): Promise<string> {
  const folder = socketFolder(dataDir);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const found = await lstat(folder);
  const ours = [process.getuid?.(), identity.uid].includes(found.uid);
  if (!found.isDirectory() || !ours) {
    throw new StartupError(`${folder} belongs to somebody else: remove it, or choose a shorter DATA_DIR.`);
  }
  await chmod(folder, 0o700);
  await giveToDatabase(folder, identity);
  return folder;
}

/** Address of the embedded database of this data folder, whether it runs or not. */
export function embeddedUrl(dataDir: string, database: string = embeddedName): string {
  return `postgresql://${embeddedName}@localhost/${database}?host=${encodeURIComponent(socketFolder(dataDir))}`;
}

/** Does the PostgreSQL of this very cluster answer? False while it starts, stops or is not there. */
export async function answers(dataDir: string, cluster: string): Promise<boolean> {
  const client = new Client({
    connectionString: embeddedUrl(dataDir, "postgres"),
    connectionTimeoutMillis: 2_000,
    query_timeout: 2_000,
  });
  client.on("error", () => {});
  try {
    await client.connect();
    const { rows } = await client.query<{ data_directory: string }>("show data_directory");
    return rows[0]?.data_directory === cluster;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}
