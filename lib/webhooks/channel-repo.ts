import { pool } from "#lib/db/client.ts";

/** Queries on webhook_channels. A row without remote_id is an attempt: under way, or one that failed. */

export interface ChannelRow {
  readonly id: string;
  readonly organization_id: string;
  readonly connection_id: string;
  readonly provider: string;
  readonly remote_id: string | null;
  readonly config: Record<string, unknown>;
}

/** A connection that should have a channel. */
export interface Candidate {
  readonly id: string;
  readonly organization_id: string;
  readonly provider: string;
  readonly config: Record<string, unknown>;
  /** attempts that failed in a row */
  readonly tries: number;
}

const atOnce = 20;
/** An attempt that has taken so long belongs to a process that is gone. */
const attemptMinutes = 5;

/** A connection that takes no syncs needs no notices; with `all` none does. */
export async function unwantedChannels(all: boolean): Promise<readonly ChannelRow[]> {
  const { rows } = await pool().query<ChannelRow>(
    `select w.id, w.organization_id, w.connection_id, w.provider, w.remote_id, c.config
     from webhook_channels w join connections c on c.id = w.connection_id
     where $1 or c.state <> 'active' or c.next_sync_at is null
     order by w.created_at limit ${atOnce}`,
    [all],
  );
  return rows;
}

/** Those with less left than their provider's margin, and those that were asked to be renewed. Over already: none. */
export async function endingChannels(renewHours: ReadonlyMap<string, number>): Promise<readonly ChannelRow[]> {
  const { rows } = await pool().query<ChannelRow>(
    `select w.id, w.organization_id, w.connection_id, w.provider, w.remote_id, c.config
     from webhook_channels w join connections c on c.id = w.connection_id
     where w.remote_id is not null and w.expires_at > now()
       and coalesce((w.state ->> 'again')::timestamptz < now(), true)
       and (w.state ? 'renew' or w.expires_at < now() + make_interval(hours => ($1::jsonb ->> w.provider)::int))
     order by w.expires_at limit ${atOnce}`,
    [JSON.stringify(Object.fromEntries(renewHours))],
  );
  return rows;
}

/** Active connections of these providers without a channel, unless the last attempt failed a while ago only. */
export async function connectionsWithout(providers: readonly string[]): Promise<readonly Candidate[]> {
  const { rows } = await pool().query<Candidate>(
    `select c.id, c.organization_id, c.provider, c.config, coalesce((w.state ->> 'tries')::int, 0) as tries
     from connections c left join webhook_channels w on w.connection_id = c.id and w.remote_id is null
     where c.provider = any($1::text[]) and c.state = 'active' and c.next_sync_at is not null
       and c.failure_kind is distinct from 'reauth' and (w.id is null or w.expires_at < now())
       and not exists (select 1 from webhook_channels l where l.connection_id = c.id and l.remote_id is not null)
     order by c.created_at limit ${atOnce}`,
    [providers],
  );
  return rows;
}

/** In place of earlier attempts. It may tell of changes before the provider's answer is back. */
export async function beginChannel(connection: Candidate, id: string, secretHash: Buffer): Promise<void> {
  await pool().query(
    `with gone as (delete from webhook_channels where connection_id = $3 and organization_id = $2 and remote_id is null)
     insert into webhook_channels (id, organization_id, connection_id, provider, secret_hash, state, expires_at)
     values ($1, $2, $3, $4, $5, $6, now() + interval '${attemptMinutes} minutes')`,
    [
      id,
      connection.organization_id,
      connection.id,
      connection.provider,
      secretHash,
      JSON.stringify({ tries: connection.tries }),
    ],
  );
}

/** It works, until then. */
export async function confirmChannel(
  organizationId: string,
  id: string,
  { remoteId, expiresAt }: { readonly remoteId: string; readonly expiresAt: Date },
): Promise<void> {
  await pool().query(
    `update webhook_channels set remote_id = $3, expires_at = $4, state = '{}' where organization_id = $1 and id = $2`,
    [organizationId, id, remoteId, expiresAt],
  );
}

/** Why there is none, and when it is tried again. */
export async function failChannel(
  organizationId: string,
  id: string,
  { problem, tries, againSeconds }: { readonly problem: string; readonly tries: number; readonly againSeconds: number },
): Promise<void> {
  await pool().query(
    `update webhook_channels set state = $3, expires_at = now() + make_interval(secs => $4)
     where organization_id = $1 and id = $2`,
    [organizationId, id, JSON.stringify({ problem, tries }), againSeconds],
  );
}

/** It goes on telling until it ends; renewing it is tried again after so long. */
export async function delayRenewal(organizationId: string, id: string, againSeconds: number): Promise<void> {
  await pool().query(
    `update webhook_channels
     set state = state || jsonb_build_object('again', clock_timestamp() + make_interval(secs => $3::float8))
     where organization_id = $1 and id = $2`,
    [organizationId, id, againSeconds],
  );
}

/** The provider asks to renew it now: the next round does (lib/webhooks/channels.ts). */
export async function renewChannelSoon(organizationId: string, id: string): Promise<void> {
  await pool().query(
    `update webhook_channels set state = state || '{"renew": true}' where organization_id = $1 and id = $2`,
    [organizationId, id],
  );
}

/** It tells nothing more. */
export async function removeChannel(organizationId: string, id: string): Promise<void> {
  await pool().query("delete from webhook_channels where organization_id = $1 and id = $2", [organizationId, id]);
}

/** Those that ended without having been renewed; their connections get new ones. */
export async function removeEndedChannels(): Promise<void> {
  await pool().query("delete from webhook_channels where remote_id is not null and expires_at <= now()");
}
