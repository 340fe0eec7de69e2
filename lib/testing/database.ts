import { randomBytes } from "node:crypto";
import { Client } from "pg";
import { afterAll, inject } from "vitest";
import { closeDatabase } from "#lib/db/client.ts";
import { setEnvForTests } from "#lib/env.ts";

export interface TestDatabase {
  /** for child processes: pass it as DATABASE_URL */
  readonly url: string;
  /** Drops it; done by itself after the file's last test. */
  close(): Promise<void>;
}

/**
 * A fresh, fully migrated PostgreSQL database for this test file. `pool()` and `prisma()` of lib/db/client.ts use it
 * from now on. Call it in `beforeAll` (or at the top of the file), with further variables of lib/env.ts if needed.
 */
export async function testDatabase(values: Readonly<Record<string, string>> = {}): Promise<TestDatabase> {
  const database = await emptyDatabase(inject("templateName"));
  await closeDatabase();
  setEnvForTests({ ...values, DATABASE_URL: database.url });
  const close = async () => {
    await closeDatabase();
    await database.close();
  };
  afterAll(close);
  return { url: database.url, close };
}

/** A database without any table (or a copy of `template`), for tests of what creates and migrates them. */
export async function emptyDatabase(template = "template0"): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString("hex")}`;
  await asAdmin(`create database ${name} template ${template}`);
  const url = new URL(inject("adminUrl"));
  url.pathname = `/${name}`;
  return { url: url.href, close: () => asAdmin(`drop database if exists ${name} with (force)`) };
}

async function asAdmin(statement: string): Promise<void> {
  const client = new Client({ connectionString: inject("adminUrl") });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
