import { rmSync } from "node:fs";
import path from "node:path";
import { Client } from "pg";
import { startEmbedded } from "#lib/db/embedded.ts";
import { migrate, readMigrations } from "#lib/db/migrate.ts";

export interface BenchDatabase {
  readonly url: string;
  /** variables for the contestants that are ours */
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** The embedded PostgreSQL exactly as the product runs it (fsync on), with its data on a real disk. */
export async function benchDatabase(folder: string): Promise<BenchDatabase> {
  const dataDir = path.join(folder, "data");
  const database = await startEmbedded({ dataDir });
  database.guard();
  const client = new Client({ connectionString: database.url });
  await client.connect();
  await migrate(client, await readMigrations(path.resolve(import.meta.dirname, "../../prisma/migrations")));
  await client.end();
  return {
    url: database.url,
    env: {
      DATABASE_URL: database.url,
      DATA_DIR: dataDir,
      SEALING_KEYS: `bench:${Buffer.alloc(32, 7).toString("base64")}`,
      NODE_ENV: "production",
      LOG_LEVEL: "warn",
    },
    async stop() {
      await database.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
