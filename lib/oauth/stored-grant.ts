import { Failure, type Connector, type Json } from "#lib/connectors/types.ts";
import { pool } from "#lib/db/client.ts";
import { grantTokens } from "#lib/vault/oauth-places.ts";
import { vault, VaultError } from "#lib/vault/seal.ts";
import type { TokenReply } from "./token-reply.ts";

/** Which grant; every query takes the organization, too. */
export interface GrantRef {
  readonly id: string;
  readonly organizationId: string;
}

export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string | null;
}

/** A grant as it is stored now. Times are spans by the database's clock, so that no other clock matters. */
export interface StoredGrant extends GrantRef {
  readonly provider: string;
  readonly clientId: string;
  readonly tokens: Tokens;
  readonly facts: Readonly<Record<string, Json>>;
  /** raised with each change of the tokens; the first is 1 */
  readonly version: number;
  readonly refreshable: boolean;
  /** until the access token ends; null = unknown */
  readonly endsInMs: number | null;
  /** how long the access token was given for; null = unknown */
  readonly lifetimeMs: number | null;
  /** since the tokens came */
  readonly ageMs: number;
  readonly dead: boolean;
}

interface Row {
  readonly id: string;
  readonly organization_id: string;
  readonly provider: string;
  readonly client_id: string;
  readonly tokens: string;
  readonly facts: Record<string, Json>;
  readonly version: number;
  readonly refreshable: boolean;
  readonly ends_in: number | null;
  readonly lifetime: number | null;
  readonly age: number;
  readonly dead: boolean;
}

/** What is read of a row, for `select` and `returning`. */
export const grantColumns = `id, organization_id, provider, client_id, tokens, facts, version, refreshable,
  dead_at is not null as dead,
  (extract(epoch from expires_at - clock_timestamp()) * 1000)::float8 as ends_in,
  (extract(epoch from expires_at - refreshed_at) * 1000)::float8 as lifetime,
  (extract(epoch from clock_timestamp() - refreshed_at) * 1000)::float8 as age`;

/** @throws Failure reauth when the sealed tokens do not open */
export function grantOf(row: Record<string, unknown>): StoredGrant {
  const { id, organization_id: organizationId, ...given } = row as unknown as Row;
  return {
    id,
    organizationId,
    provider: given.provider,
    clientId: given.client_id,
    tokens: openTokens(given.tokens, { id, organizationId }),
    facts: given.facts,
    version: given.version,
    refreshable: given.refreshable,
    endsInMs: given.ends_in,
    lifetimeMs: given.lifetime,
    ageMs: given.age,
    dead: given.dead,
  };
}

/** @throws Failure reauth when it is gone or over */
export async function readGrant(ref: GrantRef, connector: Connector): Promise<StoredGrant> {
  const { rows } = await pool().query(`select ${grantColumns} from grants where id = $1 and organization_id = $2`, [
    ref.id,
    ref.organizationId,
  ]);
  const row = rows[0];
  if (!row) throw over(connector);
  const grant = grantOf(row);
  if (grant.dead) throw over(connector);
  return grant;
}

/** Nothing but a person's consent helps. */
export function over(connector: Connector, cause?: unknown): Failure {
  return new Failure("reauth", `${connector.name} has ended the access to this account.`, {
    fix: "Reconnect the account.",
    cause,
  });
}

export function sealTokens({ id, organizationId }: GrantRef, { accessToken, refreshToken }: Tokens): string {
  const text = JSON.stringify({ accessToken, ...(refreshToken === null ? {} : { refreshToken }) });
  return vault().seal(text, grantTokens(id, organizationId));
}

function openTokens(sealed: string, { id, organizationId }: GrantRef): Tokens {
  try {
    const opened = JSON.parse(vault().open(sealed, grantTokens(id, organizationId))) as Partial<Tokens>;
    return { accessToken: opened.accessToken ?? "", refreshToken: opened.refreshToken ?? null };
  } catch (cause) {
    if (!(cause instanceof VaultError)) throw cause;
    throw new Failure("reauth", "The stored access to this account cannot be opened.", {
      fix: "Reconnect the account, or ask an operator to put the missing sealing key back.",
      cause,
    });
  }
}

/** Until the access token of a reply ends, in seconds; null = unknown. The database adds it to its own clock. */
export function secondsLeft({ expiresAt }: TokenReply): number | null {
  return expiresAt === null ? null : (expiresAt.getTime() - Date.now()) / 1_000;
}
