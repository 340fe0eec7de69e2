import { createHash } from "node:crypto";
import { pool } from "#lib/db/client.ts";
import { appWebhookSecret } from "#lib/vault/oauth-places.ts";
import { vault, VaultError } from "#lib/vault/seal.ts";
import { Lookup } from "./lookup.ts";

/** Whom a notice is about, remembered for a moment: notices come in bursts. */

export interface KnownChannel {
  readonly id: string;
  readonly provider: string;
  readonly connectionId: string;
  readonly organizationId: string;
  readonly secretHash: Buffer;
  /** the highest number seen here; replaced as notices come */
  number: number;
}

export interface KnownConnection {
  readonly connectionId: string;
  readonly organizationId: string;
}

/** Connections with one account, by organization, and what signs notices to that organization's own OAuth app. */
export interface KnownAccount {
  readonly connections: readonly KnownConnection[];
  readonly ownSecrets: ReadonlyMap<string, string>;
}

const channels = new Lookup<KnownChannel>({ find: findChannels, keepMs: 60_000, keepMissingMs: 5_000 });
const accounts = new Lookup<KnownAccount>({ find: findAccounts, keepMs: 20_000, keepMissingMs: 5_000 });

/** SHA-256, as webhook_channels.secret_hash has it. */
export function hashOfSecret(secret: string): Buffer {
  return createHash("sha256").update(secret, "utf8").digest();
}

/** Null for one that is over, or whose connection takes no syncs. */
export function channelById(id: string): Promise<KnownChannel | null> {
  return channels.get(id);
}

export function forgetChannel(id: string): void {
  channels.forget(id);
}

export function accountOf(provider: string, account: string): Promise<KnownAccount | null> {
  return accounts.get(JSON.stringify([provider, account]));
}

async function findChannels(ids: readonly string[]): Promise<ReadonlyMap<string, KnownChannel>> {
  const { rows } = await pool().query<{
    id: string;
    provider: string;
    connection_id: string;
    organization_id: string;
    secret_hash: Buffer;
    last_notice: string | null;
  }>(
    `select w.id, w.provider, w.connection_id, w.organization_id, w.secret_hash, w.last_notice
     from webhook_channels w join connections c on c.id = w.connection_id and c.organization_id = w.organization_id
     where w.id = any($1::text[]) and w.expires_at > now() and c.state = 'active'`,
    [ids],
  );
  return new Map(
    rows.map((row) => [
      row.id,
      {
        id: row.id,
        provider: row.provider,
        connectionId: row.connection_id,
        organizationId: row.organization_id,
        secretHash: row.secret_hash,
        number: Number(row.last_notice ?? 0),
      },
    ]),
  );
}

interface OpenAccount {
  readonly connections: KnownConnection[];
  readonly ownSecrets: Map<string, string>;
}

async function findAccounts(keys: readonly string[]): Promise<ReadonlyMap<string, KnownAccount>> {
  const wanted = keys.map((key) => JSON.parse(key) as [provider: string, account: string]);
  const { rows } = await pool().query<{
    provider: string;
    account_id: string;
    id: string;
    organization_id: string;
    webhook_secret: string | null;
  }>(
    `select c.provider, c.account_id, c.id, c.organization_id, a.webhook_secret
     from unnest($1::text[], $2::text[]) as wanted(provider, account)
     join connections c on c.provider = wanted.provider and c.account_id = wanted.account and c.state = 'active'
     left join oauth_apps a on a.organization_id = c.organization_id and a.provider = c.provider`,
    [wanted.map(([provider]) => provider), wanted.map(([, account]) => account)],
  );
  const known = new Map<string, OpenAccount>();
  for (const row of rows) {
    const key = JSON.stringify([row.provider, row.account_id]);
    const entry: OpenAccount = known.get(key) ?? { connections: [], ownSecrets: new Map() };
    entry.connections.push({ connectionId: row.id, organizationId: row.organization_id });
    const secret = openedSecret(row.provider, row.organization_id, row.webhook_secret);
    if (secret !== null) entry.ownSecrets.set(row.organization_id, secret);
    known.set(key, entry);
  }
  return known;
}

/** Null when there is none, or when its sealing key is gone: notices of others must not fail because of that. */
export function openedSecret(provider: string, organizationId: string, sealed: string | null): string | null {
  if (sealed === null) return null;
  try {
    return vault().open(sealed, appWebhookSecret(provider, organizationId));
  } catch (error) {
    if (error instanceof VaultError) return null;
    throw error;
  }
}
