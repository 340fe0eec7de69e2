import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { SignedNotice } from "#lib/connectors/types.ts";
import { idPattern } from "#lib/contract/ids.ts";
import { pool } from "#lib/db/client.ts";
import { env, variable } from "#lib/env.ts";
import { log } from "#lib/log.ts";
import { appWebhookSecret } from "#lib/vault/oauth-places.ts";
import { vault } from "#lib/vault/seal.ts";
import { openedSecret } from "./directory.ts";
import { TooMany } from "./lookup.ts";

/**
 * When an address is registered with a provider, the provider sends the secret that will sign everything else. The
 * address with `?organization=…` belongs to an organization's own OAuth app: its id is known to its members alone, and
 * the first secret that comes stays until it is cleared. The address without is the operator's: the secret is put into a
 * file for them, because it counts only once they have set it as a variable.
 */

export interface HandshakeOptions {
  readonly secretVariable: string | undefined;
  /** of the address's parameter, as it came */
  readonly organizationId: string | null;
}

const longestSecret = 512;
/** Anybody can send one, and each asks the database. */
const mostAtOnce = 4;
let underWay = 0;

/** Whether the secret is the one that counts, or may become it. @throws TooMany */
export async function takeHandshake(
  provider: string,
  notice: SignedNotice,
  { secretVariable, organizationId }: HandshakeOptions,
): Promise<boolean> {
  const secret = notice.handshake;
  if (secret === null || secret.length > longestSecret || !/^[\x21-\x7e]+$/.test(secret)) return false;
  // It has to be signed with itself, so that a secret is not taken for one that somebody else chose.
  if (!notice.signedWith(secret)) return false;
  if (organizationId !== null) {
    if (underWay >= mostAtOnce) throw new TooMany("too many addresses are registered at once");
    underWay++;
    return takeForOrganization(provider, organizationId, notice, secret).finally(() => underWay--);
  }
  const own = secretVariable === undefined ? undefined : variable(secretVariable);
  if (own !== undefined) return notice.signedWith(own);
  return keepForOperator(provider, secret, secretVariable ?? "");
}

async function takeForOrganization(
  provider: string,
  organizationId: string,
  notice: SignedNotice,
  secret: string,
): Promise<boolean> {
  if (!idPattern.test(organizationId)) return false;
  const sealed = vault().seal(secret, appWebhookSecret(provider, organizationId));
  const { rowCount } = await pool().query(
    `update oauth_apps set webhook_secret = $3, updated_at = now()
     where organization_id = $1 and provider = $2 and webhook_secret is null`,
    [organizationId, provider, sealed],
  );
  if (rowCount === 1) {
    await pool().query(
      "insert into audit_events (organization_id, actor, action, target) values ($1, 'system', $2, $3)",
      [organizationId, "oauth_app.webhook", `oauth_app:${provider}`],
    );
    return true;
  }
  const { rows } = await pool().query<{ webhook_secret: string | null }>(
    "select webhook_secret from oauth_apps where organization_id = $1 and provider = $2",
    [organizationId, provider],
  );
  const stored = openedSecret(provider, organizationId, rows[0]?.webhook_secret ?? null);
  return stored !== null && notice.signedWith(stored);
}

/** Where the operator finds it. */
export function handshakeFile(provider: string): string {
  return path.join(env().DATA_DIR, "webhooks", `${provider}.secret`);
}

/** Nobody registers addresses by the dozen. */
const fileEveryMs = 10_000;
let lastFile = -Infinity;

async function keepForOperator(provider: string, secret: string, variableName: string): Promise<boolean> {
  if (env().WEBHOOKS === "off" || performance.now() - lastFile < fileEveryMs) return false;
  lastFile = performance.now();
  const file = handshakeFile(provider);
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(file, `${secret}\n`, { mode: 0o600 });
  log("info", "a webhook address is being registered; its secret is in a file", {
    provider,
    file,
    next: `enter it where the provider asks for it, set ${variableName} to it and start again`,
  });
  return true;
}
