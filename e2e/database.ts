import { Client } from "pg";
import { findEmbedded } from "../lib/db/embedded.ts";
import type { Product } from "./product.ts";

/** What no clock of ours can do in a running product: the ten minutes of every connect flow under way are over. */
export async function expireFlows(app: Product): Promise<void> {
  await change(app, "update connect_flows set expires_at = now() - interval '1 second' where status = 'pending'");
}

/** The last day of the API keys of this name is over. */
export async function expireKeys(app: Product, name: string): Promise<void> {
  await change(app, "update api_keys set expires_at = now() - interval '1 second' where name = $1", [name]);
}

async function change(app: Product, statement: string, values: readonly string[] = []): Promise<void> {
  const client = new Client({ connectionString: await findEmbedded(app.dataDir) });
  await client.connect();
  try {
    await client.query(statement, [...values]);
  } finally {
    await client.end();
  }
}
