import { timingSafeEqual } from "node:crypto";
import type { Principal } from "#lib/contract/principal.ts";
import { pool } from "#lib/db/client.ts";
import { hashKey } from "./hash.ts";
import { rateOf, scopesOf } from "./view.ts";

type KeyPrincipal = Principal & { readonly kind: "key" };

/** How exact lastUsedAt is: one write a minute and key, however busy it is. */
const lastUsedGrainSeconds = 60;

interface KeyFacts {
  readonly id: string;
  readonly organization_id: string;
  readonly name: string;
  readonly scopes: string[];
  readonly container_tag: string | null;
  readonly rate_max: number | null;
  readonly rate_window_ms: number | null;
}

interface Authenticating extends KeyFacts {
  /** the one of its secrets that was found */
  readonly found: Buffer;
  /** neither revoked nor expired nor, for the secret before the last rotation, out of grace, by the database's clock */
  readonly valid: boolean;
  /** its last use was written down too long ago */
  readonly unnoticed: boolean;
}

const facts = "id, organization_id, name, scopes, container_tag, rate_max, rate_window_ms";
const works = "revoked_at is null and coalesce(expires_at > now(), true)";
const unnoticed = `coalesce(last_used_at < now() - ${lastUsedGrainSeconds} * interval '1 second', true) as unnoticed`;

/**
 * The principal of a bearer key; null when it is unknown, revoked or expired. Asks the database each time (a look-up in
 * two unique indexes), so that a revocation, a rotation and a change of what it may do count from the next request on, in
 * every process.
 */
export async function authenticateKey(key: string): Promise<KeyPrincipal | null> {
  const hash = hashKey(key);
  const { rows } = await pool().query<Authenticating>({
    name: "authenticate-key",
    text: `
      select ${facts}, hash as found, ${works} as valid, ${unnoticed} from api_keys where hash = $1
      union all
      select ${facts}, previous_hash, ${works} and coalesce(previous_until > now(), false), ${unnoticed}
        from api_keys where previous_hash = $1`,
    values: [hash],
  });
  const [row] = rows;
  if (!row?.valid || row.found.byteLength !== hash.byteLength || !timingSafeEqual(row.found, hash)) return null;
  // Two requests at once both write the same minute: harmless.
  if (row.unnoticed) await pool().query("update api_keys set last_used_at = now() where id = $1", [row.id]);
  return keyPrincipal(row);
}

/** The principal of a key that works now, by id: for what a key began and a browser finishes. */
export async function principalForKey(organizationId: string, keyId: string): Promise<KeyPrincipal | null> {
  const { rows } = await pool().query<KeyFacts>(
    `select ${facts} from api_keys where id = $1 and organization_id = $2 and ${works}`,
    [keyId, organizationId],
  );
  return rows[0] ? keyPrincipal(rows[0]) : null;
}

function keyPrincipal(row: KeyFacts): KeyPrincipal {
  return {
    kind: "key",
    organizationId: row.organization_id,
    keyId: row.id,
    keyName: row.name,
    scopes: scopesOf(row.scopes),
    containerTag: row.container_tag,
    rate: rateOf(row.rate_max, row.rate_window_ms),
  };
}
