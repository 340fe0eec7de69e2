import { Client } from "pg";
import { findEmbedded } from "../lib/db/embedded.ts";
import type { Product } from "./product.ts";

/** What no clock of ours can do in a running product: the ten minutes of every connect flow under way are over. */
export async function expireFlows(app: Product): Promise<void> {
  const client = new Client({ connectionString: await findEmbedded(app.dataDir) });
  await client.connect();
  try {
    await client.query("update connect_flows set expires_at = now() - interval '1 second' where status = 'pending'");
  } finally {
    await client.end();
  }
}
