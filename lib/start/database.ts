import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Client } from "pg";
import { migrate, readMigrations } from "../db/migrate.ts";
import { StartupError } from "../db/startup-error.ts";
import { log } from "../log.ts";
import { projectFolder } from "./project.ts";

const oldestVersion = 150_000;
const patienceMs = 30_000;

/** Connects, brings the tables up to date, and hands the connection to `work`. */
export async function prepareDatabase(
  url: string,
  signal: AbortSignal,
  work: (client: Client) => Promise<void>,
): Promise<void> {
  const client = await connect(url, signal);
  try {
    const { rows } = await client.query<{ version: number; text: string; replica: boolean }>(
      `select current_setting('server_version_num')::int as version, current_setting('server_version') as text,
              pg_is_in_recovery() as replica`,
    );
    const server = rows[0];
    if (server && server.version < oldestVersion) {
      throw new StartupError(`PostgreSQL ${server.text} is too old: use version 15 or newer.`);
    }
    if (server?.replica) throw new StartupError("DATABASE_URL points to a read-only replica: use the primary.");
    const migrations = await readMigrations(path.join(projectFolder, "prisma", "migrations"));
    const applied = await migrate(client, migrations, (message) => log("warn", message));
    if (applied.length > 0) log("info", "database migrated", { applied });
    await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}

async function connect(url: string, signal: AbortSignal): Promise<Client> {
  const deadline = performance.now() + patienceMs;
  for (let attempt = 0; ; attempt++) {
    const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
    client.on("error", () => {});
    try {
      await client.connect();
      return client;
    } catch (error) {
      await client.end().catch(() => {});
      const { code = "", message } = error as Error & { code?: string };
      const { hostname, port, pathname } = new URL(url);
      const where = `${hostname}:${port || 5432}${pathname}`;
      // Class 28 and 3D: it is there and refuses. Waiting helps only against "not there yet".
      if (/^(28|3D)/.test(code) || performance.now() > deadline) {
        throw new StartupError(`The database ${where} cannot be used (${message || code}): check DATABASE_URL.`);
      }
      if (attempt === 0) log("warn", "waiting for the database", { where, why: message || code });
      await wait(500, undefined, { signal });
    }
  }
}
