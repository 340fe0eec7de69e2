import { isDeepStrictEqual } from "node:util";
import { record } from "#lib/audit/record.ts";
import { AppError } from "#lib/contract/errors.ts";
import type { Principal } from "#lib/contract/principal.ts";
import { isStorable } from "#lib/contract/storable.ts";
import type { ConnectionView, ResourcePageView, ResourceView } from "#lib/contract/views.ts";
import type { ChosenResource, Connector, Ctx, Resource, Resources } from "#lib/connectors/types.ts";
import type { Prisma } from "#lib/db/generated/client.ts";
import { databaseTime } from "#lib/db/now.ts";
import { inTransaction } from "#lib/db/prisma-transaction.ts";
import { prepareQueue } from "#lib/jobs/queue.ts";
import { authorizeConnection } from "#lib/oauth/authorize.ts";
import { requireWriter } from "#lib/organizations/access.ts";
import { vault, VaultError, type Place } from "#lib/vault/seal.ts";
import { refusalError, withSource, type Refusal } from "./check.ts";
import { connectionNotFound, requireConnection, viewOf } from "./find.ts";
import { defaultInterval } from "./providers.ts";
import { connectorOf } from "./registry.ts";
import * as repo from "./repo.ts";
import { openSecrets } from "./secrets.ts";
import { requireSettings, type Settings } from "./settings.ts";
import { enqueueFor } from "./sync.ts";

/** Choosing what of a source is synced: what there is, and storing the choice. */

const mostChosen = 500;
const idCharsMax = 1_024;
const nameCharsMax = 300;
const searchCharsMax = 200;
/** Pages of the provider that one numbered page may be looked for in. */
const mostPages = 20;

type Config = Record<string, unknown>;
type Kind = ChosenResource["kind"];

export interface ResourceQuery {
  /** id of an opened folder; null or absent = the top */
  readonly parent?: string | null;
  /** text to find by name; with it, `parent` only narrows where the provider can */
  readonly search?: string | null;
  /** `next` of the page before; null or absent = the first page */
  readonly page?: string | null;
}

export interface NumberedQuery {
  readonly parent?: string | null;
  /** 1 = the first */
  readonly number: number;
  readonly size: number;
  /** `next` of another page: counting begins there */
  readonly after?: string | null;
}

export interface NumberedPage extends ResourcePageView {
  /** how many there are, if this page is so near the end that all of them were seen; else null */
  readonly total: number | null;
}

interface Chooser {
  readonly row: repo.Connection;
  readonly connector: Connector;
  readonly resources: Resources<Config>;
}

/** One page as the provider cuts it, the first that has anything on it. @throws AppError not_found, not_implemented, forbidden, what the source says */
export async function listResources(
  principal: Principal,
  connectionId: string,
  query: ResourceQuery = {},
): Promise<ResourcePageView> {
  const chooser = await requireChooser(principal, connectionId);
  const where = requireWhere(query.parent, query.search);
  const position = openPosition(chooser.row, where, query.page);
  return ask(chooser, async (ctx) => {
    let found: readonly Resource[] = [];
    let next = position.token;
    // Providers may answer pages without anything on them before the last one: nobody should have to ask for more of it.
    for (let pages = 0; pages < mostPages && found.length === 0; pages++) {
      const page = await chooser.resources.list(ctx, { ...where, page: next });
      found = pages === 0 ? page.resources.slice(position.skip) : page.resources;
      next = page.next;
      if (next === null) break;
    }
    return {
      resources: found.map(viewOfResource),
      next: next === null ? null : sealPosition(chooser.row, where, { token: next, skip: 0 }),
    };
  });
}

/**
 * A numbered page of a size the caller chooses. Providers know no page numbers, so what comes before is read again, up
 * to 20 of their pages; `next` goes on from where this page ends, however far that is. @throws AppError
 */
export async function listResourcesByNumber(
  principal: Principal,
  connectionId: string,
  { parent, number, size, after }: NumberedQuery,
): Promise<NumberedPage> {
  const chooser = await requireChooser(principal, connectionId);
  const where = requireWhere(parent, null);
  const start = openPosition(chooser.row, where, after);
  return ask(chooser, async (ctx) => {
    const found: Resource[] = [];
    let at: Position | null = { token: start.token, skip: start.skip + (number - 1) * size };
    let seen = 0;
    for (let pages = 0; at !== null && found.length < size; pages++) {
      if (pages === mostPages) {
        if (found.length > 0) break;
        throw new AppError("invalid_request", "This page is too far from the first one.", {
          details: "Follow next_page_token with the parameter page_token instead of counting.",
        });
      }
      const { resources, next } = await chooser.resources.list(ctx, { ...where, page: at.token });
      seen += resources.length;
      const taken = resources.slice(at.skip, at.skip + size - found.length);
      found.push(...taken);
      const end = Math.min(resources.length, at.skip + taken.length);
      if (found.length === size && end < resources.length) {
        at = { token: at.token, skip: end };
      } else {
        at = next === null ? null : { token: next, skip: Math.max(0, at.skip - resources.length) };
      }
    }
    return {
      resources: found.map(viewOfResource),
      next: at === null ? null : sealPosition(chooser.row, where, at),
      total: at === null && start.token === null && start.skip === 0 ? seen : null,
    };
  });
}

/**
 * Stores the choice in place of the one before and syncs: what is out of it leaves under the deletion guard, what is new
 * is added. The same choice again changes nothing. @throws AppError
 */
export async function chooseResources(
  principal: Principal,
  connectionId: string,
  chosen: readonly ChosenResource[],
): Promise<ConnectionView> {
  const { connector, resources } = await requireChooser(principal, connectionId);
  const choice = requireChoice(chosen);
  await prepareQueue();
  await inTransaction(async (tx) => {
    const row = await repo.lockConnection(tx, principal.organizationId, connectionId);
    if (!row || row.state === "deleting") throw connectionNotFound();
    const settings = requireSettings(connector, {
      ...(row.config as Settings),
      ...openSecrets(row),
      ...(resources.alongside as Settings | undefined),
      [resources.setting]: choice.map(({ id, name, kind }) => ({ id, name, kind })),
    });
    if (resources.needed(settings.config))
      throw new AppError("invalid_request", "Choose at least one file or folder.", {
        fields: [{ path: "resources", message: "must name at least one" }],
      });
    const changed = !isDeepStrictEqual(settings.open, row.config);
    const scheduled = row.nextSyncAt !== null || row.state !== "active";
    if (!changed && scheduled) return;
    await repo.updateConnection(tx, row.organizationId, row.id, {
      config: settings.open as Prisma.InputJsonObject,
      ...(changed ? { configVersion: { increment: 1 } } : {}),
      ...(scheduled ? {} : { nextSyncAt: await databaseTime(tx, row.intervalSeconds ?? defaultInterval(connector)) }),
      // What was chosen before may be what was missing; the sync that follows says how it is now.
      ...(row.failureKind === "missing" ? { failureKind: null } : {}),
    });
    if (row.state === "active") await enqueueFor(tx, principal, row.id);
    await record(tx, principal, "connection.choose", `connection:${row.id}`, { chosen: choice.length });
  });
  return viewOf(principal, await requireConnection(principal, connectionId));
}

/** For providers whose connections are synced whole. */
function withoutResources(providerName: string): AppError {
  return new AppError("not_implemented", `${providerName} connections have no resources to choose from.`, {
    details: "Everything the connection's settings name is synced.",
    // It will not be there a second later either.
    headers: { "x-should-retry": "false" },
  });
}

/** Names of everything in an account are more than what is synced of it: not for those who may only look. */
async function requireChooser(principal: Principal, connectionId: string): Promise<Chooser> {
  const row = await requireConnection(principal, connectionId);
  requireWriter(principal);
  const connector = connectorOf(row.provider);
  if (!connector?.resources) throw withoutResources(connector?.name ?? row.provider);
  return { row, connector, resources: connector.resources };
}

async function ask<Value>({ row, connector }: Chooser, work: (ctx: Ctx<Config>) => Promise<Value>): Promise<Value> {
  const { config } = requireSettings(connector, { ...(row.config as Settings), ...openSecrets(row) });
  const authorize = (http: Parameters<typeof authorizeConnection>[2]) =>
    authorizeConnection({ id: row.id, organization_id: row.organizationId }, connector, http);
  const options = connector.auth.kind === "oauth" ? { authorize } : {};
  const asked = await withSource(connector, config, options, work);
  if (!asked.ok) throw refused(asked.refusal);
  return asked.value;
}

/** A dead grant is not the caller's key: the protocol answers 400 here. */
function refused(refusal: Refusal): AppError {
  if (refusal.kind !== "reauth") return refusalError(refusal);
  return new AppError("invalid_request", refusal.message, { details: refusal.fix, cause: refusal.cause });
}

interface Where {
  readonly parent: string | null;
  readonly search: string | null;
}

function requireWhere(parent: string | null | undefined, search: string | null | undefined): Where {
  const text = search?.trim() ?? "";
  if (text.length > searchCharsMax || !isStorable(text))
    throw invalid("search", `must have at most ${searchCharsMax} characters`);
  if (parent && (parent.length > idCharsMax || !isStorable(parent))) throw invalid("parent_id", "is not an id");
  return { parent: parent || null, search: text || null };
}

/** Where a page begins: the provider's token (null = its first page), and how much of that page came before. */
interface Position {
  readonly token: string | null;
  readonly skip: number;
}

/**
 * Some providers' tokens are whole addresses that are asked with the connection's grant, so callers get them sealed:
 * what comes back is what the provider gave, for this connection and this folder.
 */
function sealPosition(row: repo.Connection, { parent, search }: Where, { token, skip }: Position): string {
  return vault().seal(JSON.stringify([parent, search, token, skip]), placeOfPositions(row));
}

function openPosition(row: repo.Connection, { parent, search }: Where, sealed: string | null | undefined): Position {
  if (!sealed) return { token: null, skip: 0 };
  let opened: string;
  try {
    opened = vault().open(sealed, placeOfPositions(row));
  } catch (cause) {
    if (cause instanceof VaultError && cause.kind !== "keys") throw strangePosition();
    throw cause;
  }
  const [ofParent, ofSearch, token, skip] = JSON.parse(opened) as [unknown, unknown, string | null, number];
  if (ofParent !== parent || ofSearch !== search) throw strangePosition();
  return { token, skip };
}

function placeOfPositions(row: repo.Connection): Place {
  return { table: "connections", column: "page of resources", rowId: row.id, organizationId: row.organizationId };
}

function strangePosition(): AppError {
  return invalid("page_token", "is not one that this list gave; begin with the first page");
}

function requireChoice(chosen: readonly ChosenResource[]): readonly ChosenResource[] {
  const choice = new Map<string, ChosenResource>();
  for (const [index, { id, name, kind }] of chosen.entries()) {
    const path = `resources.${index}`;
    if (!id || id.length > idCharsMax || !isStorable(id)) throw invalid(`${path}.id`, "is not an id");
    if (!isKind(kind)) throw invalid(`${path}.kind`, "must be file, folder or drive, as the list says");
    if (!isStorable(name)) throw invalid(`${path}.name`, "contains characters that cannot be stored");
    // The name only tells people what they chose; the id decides.
    if (!choice.has(id)) choice.set(id, { id, name: name.trim().slice(0, nameCharsMax) || id, kind });
  }
  if (choice.size > mostChosen) throw invalid("resources", `must not name more than ${mostChosen}: choose a folder`);
  return [...choice.values()];
}

function isKind(kind: string): kind is Kind {
  return kind === "folder" || kind === "file" || kind === "drive";
}

function invalid(path: string, message: string): AppError {
  return new AppError("invalid_request", "The request is not valid.", { fields: [{ path, message }] });
}

function viewOfResource({ id, name, kind, path, mime, updatedAt, opens }: Resource): ResourceView {
  return {
    id,
    name,
    kind,
    path: path ?? null,
    mime: mime ?? null,
    updatedAt: updatedAt?.toISOString() ?? null,
    opens,
  };
}
