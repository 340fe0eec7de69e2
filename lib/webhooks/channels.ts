import { randomBytes } from "node:crypto";
import { withSource } from "#lib/connections/check.ts";
import type { Channel, Connector, Ctx, Webhook } from "#lib/connectors/types.ts";
import { newId } from "#lib/contract/ids.ts";
import { pool } from "#lib/db/client.ts";
import { log } from "#lib/log.ts";
import { authorizeConnection } from "#lib/oauth/authorize.ts";
import { webhookAddress, webhooksWanted } from "./address.ts";
import * as repo from "./channel-repo.ts";
import { hashOfSecret } from "./directory.ts";

/**
 * Keeps one channel per connection through which its provider tells of changes: made after connecting, renewed before it
 * ends, ended when the connection takes no syncs any more. That a provider refuses is no trouble of the connection: the
 * schedule finds every change, only later.
 */

type Connectors = ReadonlyMap<string, Connector>;
type Channels = NonNullable<Webhook<Record<string, unknown>>["channels"]>;

/** A provider may ask our address before it answers. */
const askMs = 25_000;
const lockKey = 743_210_662;
/** After the first failure, the second, and so on: what has to change is a permission or a DNS name. */
const againSeconds = [300, 3_600, 6 * 3_600, 24 * 3_600];

/** One round; one worker at a time. */
export async function tendChannels(connectors: Connectors, signal: AbortSignal): Promise<void> {
  const client = await pool().connect();
  try {
    const { rows } = await client.query<{ mine: boolean }>("select pg_try_advisory_lock($1) as mine", [lockKey]);
    if (!rows[0]?.mine) return;
    try {
      await round(connectors, signal);
    } finally {
      await client.query("select pg_advisory_unlock($1)", [lockKey]);
    }
  } finally {
    client.release();
  }
}

async function round(connectors: Connectors, signal: AbortSignal): Promise<void> {
  const wanted = webhooksWanted();
  for (const row of await repo.unwantedChannels(!wanted)) {
    if (signal.aborted) return;
    await end(row, connectors);
  }
  if (!wanted) return;
  const channelsOf = new Map(
    [...connectors].flatMap(([id, { webhook }]) => (webhook?.channels ? [[id, webhook.channels] as const] : [])),
  );
  const renewHours = new Map([...channelsOf].map(([id, channels]) => [id, channels.renewHours]));
  for (const row of await repo.endingChannels(renewHours)) {
    if (signal.aborted) return;
    await renew(row, connectors);
  }
  await repo.removeEndedChannels();
  for (const candidate of await repo.connectionsWithout([...channelsOf.keys()])) {
    if (signal.aborted) return;
    await make(candidate, connectors);
  }
}

interface Place {
  readonly organization_id: string;
  readonly provider: string;
  readonly config: Record<string, unknown>;
}

type Asked<Value> =
  { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly why: string; readonly gone: boolean };

/** Asks the provider as the connection. Whatever goes wrong there is an answer. */
async function ask<Value>(
  connectionId: string,
  { organization_id, provider, config }: Place,
  connectors: Connectors,
  work: (channels: Channels, ctx: Ctx<Record<string, unknown>>) => Promise<Value>,
): Promise<Asked<Value>> {
  const connector = connectors.get(provider);
  const channels = connector?.webhook?.channels;
  const parsed = connector?.config.safeParse(config);
  if (!connector || !channels || !parsed?.success)
    return { ok: false, why: "This version cannot ask the provider.", gone: false };
  const asked = await withSource(
    connector,
    parsed.data,
    {
      timeoutMs: askMs,
      authorize: (http) => authorizeConnection({ id: connectionId, organization_id }, connector, http),
    },
    (ctx) => work(channels, ctx),
  );
  if (asked.ok) return asked;
  return { ok: false, why: `${asked.refusal.message} ${asked.refusal.fix}`, gone: asked.refusal.kind === "missing" };
}

async function make(candidate: repo.Candidate, connectors: Connectors): Promise<boolean> {
  const { id: connectionId, organization_id: organizationId, provider, tries } = candidate;
  const [id, secret] = [newId(), randomBytes(32).toString("base64url")];
  await repo.beginChannel(candidate, id, hashOfSecret(secret));
  const order = { id, secret, address: webhookAddress(provider) };
  const made = await ask(connectionId, candidate, connectors, (channels, ctx) => channels.subscribe(ctx, order));
  if (made.ok && isLasting(made.value)) {
    await repo.confirmChannel(organizationId, id, made.value);
    return true;
  }
  const problem = made.ok ? "The provider made a channel that has ended already." : made.why;
  const wait = againSeconds[Math.min(tries, againSeconds.length - 1)] ?? 86_400;
  await repo.failChannel(organizationId, id, { problem, tries: tries + 1, againSeconds: wait });
  log("info", "the provider does not tell of changes; the schedule finds them", {
    connection: connectionId,
    provider,
    why: problem,
  });
  return false;
}

async function renew(row: repo.ChannelRow, connectors: Connectors): Promise<void> {
  const { id, connection_id: connectionId, organization_id: organizationId, remote_id: remoteId } = row;
  if (remoteId === null) return;
  const renewed = await ask(connectionId, row, connectors, async (channels, ctx) => channels.renew?.(ctx, remoteId));
  if (renewed.ok && renewed.value && isLasting(renewed.value))
    return repo.confirmChannel(organizationId, id, renewed.value);
  if (!renewed.ok && renewed.gone) return repo.removeChannel(organizationId, id);
  if (!renewed.ok) {
    log("info", "a channel of a provider could not be renewed", { connection: connectionId, why: renewed.why });
    return repo.delayRenewal(organizationId, id, 3_600);
  }
  // There is no renewing with this provider: another one, and only then an end to this one.
  const candidate = { ...row, id: connectionId, tries: 0 };
  if (await make(candidate, connectors)) await end(row, connectors);
  else await repo.delayRenewal(organizationId, id, 3_600);
}

/** Ended at the provider if that works; forgotten in any case, so that what it still tells is refused. */
async function end(row: repo.ChannelRow, connectors: Connectors): Promise<void> {
  const { id, connection_id: connectionId, organization_id: organizationId, remote_id: remoteId } = row;
  if (remoteId !== null) {
    const ended = await ask(connectionId, row, connectors, (channels, ctx) => channels.end(ctx, { id, remoteId }));
    if (!ended.ok && !ended.gone)
      log("info", "a channel of a provider could not be ended; it ends by itself", {
        connection: connectionId,
        why: ended.why,
      });
  }
  await repo.removeChannel(organizationId, id);
}

function isLasting({ expiresAt }: Channel): boolean {
  return expiresAt.getTime() > Date.now() + 60_000;
}
