import { isDeepStrictEqual } from "node:util";
import { record } from "#lib/audit/record.ts";
import { AppError } from "#lib/contract/errors.ts";
import type { Principal } from "#lib/contract/principal.ts";
import type { ConnectionView, Metadata } from "#lib/contract/views.ts";
import type { Account, Connector } from "#lib/connectors/types.ts";
import type { Prisma } from "#lib/db/generated/client.ts";
import { databaseTime } from "#lib/db/now.ts";
import { inTransaction } from "#lib/db/prisma-transaction.ts";
import { prepareQueue } from "#lib/jobs/queue.ts";
import { requireWriter } from "#lib/organizations/access.ts";
import { asConnected } from "./as-connected.ts";
import { checkSettings, refusalError } from "./check.ts";
import { connectionNotFound, requireConnection, viewOf } from "./find.ts";
import type { UpdateConnectionInput } from "./inputs.ts";
import { parseOptions } from "./options.ts";
import { defaultInterval } from "./providers.ts";
import { connectorOf } from "./registry.ts";
import * as repo from "./repo.ts";
import { mergeSecrets, openSecrets, sealSecrets } from "./secrets.ts";
import { requireMetadata, requireSettings, type ParsedSettings, type Settings } from "./settings.ts";
import { needsSelection } from "./selection.ts";
import { enqueueFor } from "./sync.ts";

/** Changing, pausing and resuming a connection. */

/** Only what is named changes; settings are checked against the provider again when they do. @throws AppError */
export async function updateConnection(
  principal: Principal,
  connectionId: string,
  input: UpdateConnectionInput,
): Promise<ConnectionView> {
  requireWriter(principal);
  const options = parseOptions(input);
  const before = await requireConnection(principal, connectionId);
  const connector = connectorOf(before.provider);
  if (!connector)
    throw new AppError("invalid_request", "This version cannot change connections of this provider.", {
      details: "You can still remove it.",
    });
  const changed = input.settings && (await checkedSettings(connector, before, input.settings));
  return inLock(principal, connectionId, async (tx, row) => {
    if (changed && (row.secrets !== before.secrets || !isDeepStrictEqual(row.config, before.config)))
      throw changedMeanwhile();
    const metadata = input.metadata && patchedMetadata(connector, row, input.metadata);
    const data: Prisma.ConnectionUncheckedUpdateManyInput = {};
    const names: string[] = [];
    const set = <Key extends keyof typeof data>(key: Key, value: (typeof data)[Key], isSame: boolean) => {
      if (isSame) return;
      data[key] = value;
      names.push(key);
    };
    if (options.name !== undefined) set("name", options.name, options.name === row.name);
    if (options.documentLimit !== undefined)
      set("documentLimit", options.documentLimit, options.documentLimit === row.documentLimit);
    if (options.intervalSeconds !== undefined)
      set("intervalSeconds", options.intervalSeconds, options.intervalSeconds === row.intervalSeconds);
    // Documents carry tags and metadata, so a change of these means looking at all of them once more.
    let rescan = false;
    if (options.containerTags !== undefined) {
      const same = isDeepStrictEqual(options.containerTags, row.containerTags);
      set("containerTags", options.containerTags, same);
      rescan ||= !same;
    }
    if (metadata !== undefined) {
      const same = isDeepStrictEqual(metadata, row.metadata);
      set("metadata", metadata, same);
      rescan ||= !same;
    }
    if (changed) {
      const { settings, account } = changed;
      set("config", settings.open as Prisma.InputJsonObject, isDeepStrictEqual(settings.open, row.config));
      const secrets = storedSecrets(connector, row, input.settings ?? {});
      set(
        "secrets",
        sealSecrets(row.id, row.organizationId, settings.secret),
        isDeepStrictEqual(settings.secret, secrets),
      );
      const old: Settings = { ...(row.config as Settings), ...secrets };
      const now: Settings = { ...settings.open, ...settings.secret };
      // Of the settings in the open any may decide what is stored or how; of the secrets only those the connector names.
      rescan ||= names.includes("config") || connector.rescan.some((name) => !isDeepStrictEqual(old[name], now[name]));
      data.accountId = account.id;
      data.accountLabel = account.label;
      data.email = account.email ?? null;
      // The source has just answered: what stopped the last run is mended.
      data.failureKind = null;
    }
    if (rescan) data.configVersion = { increment: 1 };
    if ("intervalSeconds" in data && row.state === "active")
      data.nextSyncAt = await nextSyncAt(tx, row, options.intervalSeconds ?? defaultInterval(connector));
    const unchosen = needsSelection({ ...row, config: changed?.settings.open ?? row.config });
    if (unchosen) data.nextSyncAt = null;
    else if (row.nextSyncAt === null && row.state === "active")
      data.nextSyncAt = await databaseTime(tx, row.intervalSeconds ?? defaultInterval(connector));
    if (names.length > 0 || changed) await repo.updateConnection(tx, row.organizationId, row.id, data);
    if (names.length > 0) await record(tx, principal, "connection.update", `connection:${row.id}`, { changed: names });
    if ((rescan || changed) && row.state === "active" && !unchosen) await enqueueFor(tx, principal, row.id);
  });
}

/** No sync starts until resumed; one under way stops at its next checkpoint. Pausing twice changes nothing. */
export async function pauseConnection(principal: Principal, connectionId: string): Promise<ConnectionView> {
  requireWriter(principal);
  return inLock(principal, connectionId, async (tx, row) => {
    if (row.state === "paused") return;
    await repo.updateConnection(tx, row.organizationId, row.id, { state: "paused", nextSyncAt: null });
    await repo.stopRuns(tx, row.organizationId, row.id);
    await record(tx, principal, "connection.pause", `connection:${row.id}`);
  });
}

/** Scheduled again, and a sync is queued at once. */
export async function resumeConnection(principal: Principal, connectionId: string): Promise<ConnectionView> {
  requireWriter(principal);
  return inLock(principal, connectionId, async (tx, row) => {
    if (row.state === "active") return;
    const connector = connectorOf(row.provider);
    const unchosen = needsSelection(row);
    const interval = row.intervalSeconds ?? (connector ? defaultInterval(connector) : undefined);
    await repo.updateConnection(tx, row.organizationId, row.id, {
      state: "active",
      nextSyncAt: interval === undefined || unchosen ? null : await databaseTime(tx, interval),
    });
    if (!unchosen) await enqueueFor(tx, principal, row.id);
    await record(tx, principal, "connection.resume", `connection:${row.id}`);
  });
}

/**
 * Merges, parses and checks settings; undefined when they are the stored ones, which need no check unless the last run
 * failed. No lock is held while the source is asked.
 */
async function checkedSettings(
  connector: Connector,
  row: repo.Connection,
  given: Settings,
): Promise<{ readonly settings: ParsedSettings; readonly account: Account } | undefined> {
  const secretNames = new Set<string>(connector.secrets);
  const taken = Object.keys(given).filter((key) => given[key] === null && !secretNames.has(key));
  const stored = storedSecrets(connector, row, given);
  const merged = { ...(row.config as Settings), ...mergeSecrets(stored, given) };
  const wanted = Object.fromEntries(
    Object.entries(merged).filter(([key, value]) => !taken.includes(key) && value !== null),
  );
  const settings = requireSettings(connector, wanted);
  const same = isDeepStrictEqual(settings.open, row.config) && isDeepStrictEqual(settings.secret, stored);
  // what no edit can mend needs no question either: a grant is renewed by reconnecting
  if (same && (row.failureKind === null || connector.auth.kind === "oauth")) return undefined;
  const checked = await checkSettings(connector, settings.config, asConnected(connector, row));
  if (!checked.ok) throw refusalError(checked.refusal);
  const { account } = checked;
  return {
    account,
    settings: account.corrected ? requireSettings(connector, { ...wanted, ...account.corrected }) : settings,
  };
}

/** Somebody else's change, made while the source was asked about ours, must not be undone by it. */
function changedMeanwhile(): AppError {
  return new AppError("conflict", "The settings of this connection were changed at the same time by somebody else.", {
    details: "Look at them as they are now, then try again.",
  });
}

function patchedMetadata(connector: Connector, row: repo.Connection, patch: Settings): Metadata {
  const merged = Object.entries({ ...(row.metadata as Metadata), ...patch }).filter(([, value]) => value !== null);
  return requireMetadata(connector, Object.fromEntries(merged));
}

/** A lost sealing key is mended by entering every secret again: then the old ones need not open. */
function storedSecrets(connector: Connector, row: repo.Connection, given: Settings): Settings {
  return connector.secrets.every((name) => given[name]) ? {} : openSecrets(row);
}

/** Runs `work` on the locked row and answers how the connection looks afterwards. @throws AppError not_found */
async function inLock(
  principal: Principal,
  connectionId: string,
  work: (tx: Prisma.TransactionClient, row: repo.Connection) => Promise<void>,
): Promise<ConnectionView> {
  await requireConnection(principal, connectionId);
  await prepareQueue();
  await inTransaction(async (tx) => {
    const row = await repo.lockConnection(tx, principal.organizationId, connectionId);
    if (!row || row.state === "deleting") throw connectionNotFound();
    await work(tx, row);
  });
  return viewOf(principal, await requireConnection(principal, connectionId));
}

/** One interval after the last sync, at once if that is over. */
async function nextSyncAt(tx: Prisma.TransactionClient, row: repo.Connection, intervalSeconds: number): Promise<Date> {
  if (row.lastSyncedAt === null) return databaseTime(tx, intervalSeconds);
  return new Date(row.lastSyncedAt.getTime() + intervalSeconds * 1_000);
}
