import { AsyncLocalStorage } from "node:async_hooks";
import { chmod, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { PrismaPg } from "@prisma/adapter-pg";
import {
  ColumnTypeEnum,
  type SqlDriverAdapter,
  type SqlMigrationAwareDriverAdapterFactory,
} from "@prisma/driver-adapter-utils";
import { Client, Pool, type QueryResult } from "pg";
import { startEmbedded, type EmbeddedDatabase } from "../lib/db/embedded.ts";
import { embeddedUrl } from "../lib/db/socket.ts";
import { throwAwayUrl } from "./throw-away-url.ts";

/**
 * Databases for the schema engine: the one it is asked to work on, and throw-away ones on a PostgreSQL of their own
 * for replaying migrations (Prisma calls them shadow databases), so that the real server is never used for that.
 */
export class EngineDatabases {
  #server: Promise<EmbeddedDatabase> | undefined;
  #dataDir = "";
  #shadows = 0;
  readonly #pools: Pool[] = [];

  /** @param url none or throwAwayUrl = a throw-away database */
  async factory(url: string | undefined): Promise<SqlMigrationAwareDriverAdapterFactory> {
    const pool = this.#open(url && url !== throwAwayUrl ? url : await this.#shadow());
    const prisma = new PrismaPg(pool);
    return {
      provider: prisma.provider,
      adapterName: prisma.adapterName,
      connect: async () => migrationReady(await prisma.connect()),
      connectToShadowDb: async () => migrationReady(await new PrismaPg(this.#open(await this.#shadow())).connect()),
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.#pools.map((pool) => pool.end()));
    await (await this.#server)?.stop();
  }

  #open(connectionString: string): Pool {
    const pool = new MarkingPool({ connectionString, max: 4 });
    pool.on("error", () => {});
    this.#pools.push(pool);
    return pool;
  }

  async #shadow(): Promise<string> {
    this.#server ??= this.#start();
    await this.#server;
    const name = `shadow_${++this.#shadows}`;
    const client = new Client({ connectionString: embeddedUrl(this.#dataDir, "postgres") });
    await client.connect();
    await client.query(`create database ${name} template template0`);
    await client.end();
    return embeddedUrl(this.#dataDir, name);
  }

  async #start(): Promise<EmbeddedDatabase> {
    this.#dataDir = await mkdtemp(path.join(tmpdir(), "tributary-shadow-"));
    await chmod(this.#dataDir, 0o711);
    return startEmbedded({ dataDir: this.#dataDir, throwAway: true });
  }
}

const charType = 18;
const textType = 25;
const charColumns = new AsyncLocalStorage<number[]>();

/** Remembers which columns have PostgreSQL's one-byte catalog type "char", which Prisma's adapter does not know. */
class MarkingPool extends Pool {
  // The signatures of Pool.query are many, and Prisma's adapter uses the one with a promise.
  override query = (async (...args: Parameters<Pool["query"]>) => {
    // the overloads hide that it is a promise
    // oxlint-disable-next-line typescript/await-thenable
    const result = (await super.query(...args)) as unknown as QueryResult | QueryResult[];
    if (Array.isArray(result)) return result; // of a script: nobody looks at its columns
    result.fields?.forEach((field, index) => {
      if (field.dataTypeID !== charType) return;
      charColumns.getStore()?.push(index);
      field.dataTypeID = textType;
    });
    return result;
  }) as unknown as Pool["query"];
}

/** Prisma's adapter with two repairs that its migration path needs. */
function migrationReady(adapter: SqlDriverAdapter): SqlDriverAdapter {
  const queryRaw = adapter.queryRaw.bind(adapter);
  adapter.queryRaw = async (query) => {
    const columns: number[] = [];
    const result = await charColumns.run(columns, () => queryRaw(query));
    // As text, the engine stumbles over it.
    for (const index of columns) result.columnTypes[index] = ColumnTypeEnum.Character;
    return result;
  };
  // Its own splits at every semicolon, also within a function's body.
  adapter.executeScript = async (script) => {
    await adapter.executeRaw({ sql: script, args: [], argTypes: [] });
  };
  return adapter;
}
