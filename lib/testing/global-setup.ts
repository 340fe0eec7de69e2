import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Client } from "pg";
import type { TestProject } from "vitest/node";
import { startEmbedded } from "../db/embedded.ts";
import { migrate, readMigrations } from "../db/migrate.ts";
import { embeddedUrl } from "../db/socket.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** where databases are created and dropped */
    adminUrl: string;
    /** a database with every migration applied, to be copied */
    templateName: string;
  }
}

const templateName = "template_for_tests";

/** One throw-away PostgreSQL for the whole run; every test file gets a database of its own in it (database.ts). */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  // a fresh clone has no database client yet; scripts/check.ts makes it anew each time
  if (!existsSync("lib/db/generated/client.ts")) {
    execFileSync(process.execPath, ["scripts/prisma.ts", "generate"], { stdio: ["ignore", "ignore", "inherit"] });
  }
  const dataDir = await mkdtemp(path.join(tmpdir(), "tributary-test-"));
  await chmod(dataDir, 0o711);
  const database = await startEmbedded({ dataDir, throwAway: true });
  try {
    const admin = new Client({ connectionString: embeddedUrl(dataDir, "postgres") });
    await admin.connect();
    await admin.query(`create database ${templateName}`);
    await admin.end();
    const template = new Client({ connectionString: embeddedUrl(dataDir, templateName) });
    await template.connect();
    await migrate(template, await readMigrations("prisma/migrations"));
    await template.end();
  } catch (error) {
    await database.stop();
    throw error;
  }
  project.provide("adminUrl", embeddedUrl(dataDir, "postgres"));
  project.provide("templateName", templateName);
  return () => database.stop();
}
