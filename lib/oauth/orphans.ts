import { checkSettings } from "#lib/connections/check.ts";
import type { Connector } from "#lib/connectors/types.ts";
import { pool } from "#lib/db/client.ts";
import { transaction } from "#lib/db/tx.ts";
import { log } from "#lib/log.ts";
import { appOf, oauthOf } from "./apps.ts";
import { BearerHttp } from "./bearer.ts";
import { addressesOf } from "./endpoints.ts";
import { grantColumns, grantOf, type StoredGrant } from "./stored-grant.ts";
import { revokeToken } from "./token-endpoint.ts";

/**
 * Grants that no connection uses: their flow was interrupted or refused, their connection was deleted or got another one.
 * They are taken back at the provider and forgotten. Some providers end everything they gave to an app for an account when
 * one token is revoked; so nothing is revoked while another connection may live on the same consent.
 */

/** Until then a flow may still be about to make a connection of it. */
const youngSeconds = 120;
const atOnce = 20;
/** From one attempt to the next, when the provider does not answer. */
const pauseSeconds = 600;
/** After this long it is forgotten without having been revoked. */
const giveUpHours = 24;

interface Orphan {
  readonly id: string;
  readonly provider: string;
  readonly fence: string;
  readonly accountId: string | null;
  /** tried for long enough */
  readonly last: boolean;
  /** the row; its tokens are not opened yet */
  readonly row: Record<string, unknown>;
}

/** Deals with up to 20 orphans; several workers share them. Returns how many are gone for good. */
export async function takeBackOrphans(
  connectors: ReadonlyMap<string, Connector>,
  signal: AbortSignal,
): Promise<number> {
  const { rows } = await pool().query<{ id: string }>(
    `select g.id from grants g
     where g.created_at < now() - make_interval(secs => ${youngSeconds})
       and (g.lease_until is null or g.lease_until <= clock_timestamp())
       and not exists (select 1 from connections c where c.grant_id = g.id)
     order by g.created_at limit ${atOnce}`,
  );
  let gone = 0;
  for (const { id } of rows) {
    if (signal.aborted) break;
    const orphan = await claim(id);
    if (orphan === "gone") gone++;
    else if (orphan && (await dealWith(orphan, connectors.get(orphan.provider)))) gone++;
  }
  return gone;
}

/**
 * From here on no connection can be made of it (they only take grants that are not dead). One that is over at the
 * provider is deleted at once.
 */
async function claim(id: string): Promise<Orphan | "gone" | null> {
  return transaction(async (client) => {
    const { rowCount } = await client.query("select 1 from grants where id = $1 for update skip locked", [id]);
    if (rowCount !== 1) return null;
    // A statement of its own: it sees what was committed while the lock was waited for.
    const over = await client.query(
      "delete from grants where id = $1 and dead_reason <> 'orphan' and not exists (select 1 from connections where grant_id = $1)",
      [id],
    );
    if (over.rowCount === 1) return "gone";
    const { rows } = await client.query<{
      provider: string;
      lease_fence: string;
      account_id: string | null;
      last: boolean;
    }>(
      `update grants set dead_at = coalesce(dead_at, clock_timestamp()), dead_reason = 'orphan',
              lease_owner = 'orphans', lease_fence = lease_fence + 1,
              lease_until = clock_timestamp() + make_interval(secs => ${pauseSeconds})
       where id = $1 and not exists (select 1 from connections where grant_id = $1)
         and (lease_until is null or lease_until <= clock_timestamp())
       returning lease_fence::text, account_id, dead_at < now() - make_interval(hours => ${giveUpHours}) as last, ${grantColumns}`,
      [id],
    );
    const row = rows[0];
    if (!row) return null;
    const { provider, lease_fence: fence, account_id: accountId, last } = row;
    return { id, provider, fence, accountId, last, row: { ...row } };
  });
}

/** True when it is gone. */
async function dealWith(orphan: Orphan, connector: Connector | undefined): Promise<boolean> {
  const { id, provider, last } = orphan;
  const about = { grant: id, provider };
  try {
    const outcome = connector ? await takeBack(grantOf(orphan.row), orphan.accountId, connector) : "impossible";
    if (outcome === "later" && !last) return false;
    if (outcome === "revoked") log("info", "a grant nobody uses was taken back", about);
    if (outcome === "impossible" || outcome === "later")
      log("warn", "a grant nobody uses was forgotten, but could not be taken back at the provider", about);
  } catch (error) {
    const kind = error instanceof Error ? error.name : "unknown";
    log("warn", "a grant nobody uses could not be taken back", { ...about, error: kind, again: !last });
    if (!last) return false;
  }
  const { rowCount } = await pool().query("delete from grants where id = $1 and lease_fence = $2", [id, orphan.fence]);
  return rowCount === 1;
}

type Outcome =
  | "revoked"
  /** another connection lives on the same consent: its tokens alone are forgotten */
  | "shared"
  /** the provider has no way, or its OAuth app is not known here any more */
  | "impossible"
  /** whether it is shared cannot be told yet */
  | "later";

/** @throws TokenError */
async function takeBack(grant: StoredGrant, known: string | null, connector: Connector): Promise<Outcome> {
  if (addressesOf(oauthOf(connector)).revoke === null) return "impossible";
  const app = await appOf(grant.organizationId, connector, grant.clientId);
  if (!app) return "impossible";
  const accountId = known ?? (await identified(grant, connector));
  const others = await othersOf(grant, accountId);
  if (others.certain) return "shared";
  if (others.possible) return "later";
  const { accessToken, refreshToken } = grant.tokens;
  if (refreshToken !== null) await revokeToken(connector, app, refreshToken);
  // Where a token is revoked alone, the other one would live on for a while.
  await revokeToken(connector, app, accessToken);
  return "revoked";
}

/** Whose it is, asked with its own token; null if it does not say. */
async function identified(grant: StoredGrant, connector: Connector): Promise<string | null> {
  const settings = connector.config.safeParse({});
  if (!settings.success) return null;
  const { api } = addressesOf(oauthOf(connector));
  const checked = await checkSettings(connector, settings.data, {
    authorize: (http) =>
      Promise.resolve({
        http: new BearerHttp({ ...grant, refreshable: false }, connector, http, api),
        grant: grant.facts,
      }),
  });
  if (!checked.ok) return null;
  await pool().query("update grants set account_id = $3 where id = $1 and organization_id = $2", [
    grant.id,
    grant.organizationId,
    checked.account.id,
  ]);
  return checked.account.id;
}

/**
 * Grants in use (or about to be) of the same app: of the same account for certain, or possibly because it is not known
 * yet whose one of the two is. All organizations count: with the operator's app they share what the provider sees.
 */
async function othersOf(
  grant: StoredGrant,
  accountId: string | null,
): Promise<{ readonly certain: boolean; readonly possible: boolean }> {
  const { rows } = await pool().query<{ account: string | null }>(
    `select coalesce(g.account_id, c.account_id) as account
     from grants g left join connections c on c.grant_id = g.id
     where g.provider = $1 and g.client_id = $2 and g.id <> $3 and g.dead_at is null
       and ($4::text is null or coalesce(g.account_id, c.account_id) is null or coalesce(g.account_id, c.account_id) = $4)
       and (c.id is not null or g.created_at > now() - make_interval(secs => ${youngSeconds}))
     limit 1000`,
    [grant.provider, grant.clientId, grant.id, accountId],
  );
  return {
    certain: accountId !== null && rows.some(({ account }) => account === accountId),
    possible: rows.length > 0,
  };
}
