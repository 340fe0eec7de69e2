import { randomBytes } from "node:crypto";
import type { ClientBase } from "pg";
import { hashKey } from "#lib/keys/hash.ts";

/**
 * While no owner exists, every start makes a new one-time token for the set-up page and forgets the former one. Only
 * its hash is stored; the link is printed where only the operator can see it.
 * @returns undefined when somebody owns an organization already
 */
export async function issueSetupToken(client: ClientBase): Promise<string | undefined> {
  const { rowCount } = await client.query("select 1 from memberships where role = 'owner' limit 1");
  if (rowCount) {
    await client.query("delete from setup_tokens");
    return undefined;
  }
  const token = randomBytes(32).toString("base64url");
  await client.query("with former as (delete from setup_tokens) insert into setup_tokens (hash) values ($1)", [
    hashKey(token),
  ]);
  return token;
}
