import { record } from "#lib/audit/record.ts";
import { requireConnection } from "#lib/connections/find.ts";
import { parseOptions } from "#lib/connections/options.ts";
import { connectorOf } from "#lib/connections/registry.ts";
import { needsReconnect } from "#lib/connections/status.ts";
import type { ReconnectPageView } from "#lib/contract/connect-page.ts";
import { AppError } from "#lib/contract/errors.ts";
import { newId } from "#lib/contract/ids.ts";
import { actorOf, type Principal } from "#lib/contract/principal.ts";
import { prisma } from "#lib/db/client.ts";
import { databaseTime } from "#lib/db/now.ts";
import { inTransaction } from "#lib/db/prisma-transaction.ts";
import { env } from "#lib/env.ts";
import { requireWriter } from "#lib/organizations/access.ts";
import { principalOf } from "./flow-actor.ts";
import { beginReconnect } from "./flow.ts";
import { requireOAuth, type Begun } from "./flow-begin.ts";
import { hashOf, isToken, newToken } from "./flow-tokens.ts";
import { hostOf, isAllowed } from "./redirect.ts";

/**
 * Links to reconnect that may be sent to whoever owns the account: a page of ours, which begins a flow in the browser
 * that opens it. What can come of it is the renewed grant of one connection, with the account it has.
 */

const linkSeconds = 7 * 86_400;

export interface ReconnectLink {
  readonly url: string;
  /** ISO 8601 */
  readonly expiresAt: string;
}

/** Good for seven days, for as often as it takes. @throws AppError not_found, invalid_request */
export async function createReconnectLink(
  principal: Principal,
  connectionId: string,
  input: { readonly redirectUrl?: string | undefined } = {},
): Promise<ReconnectLink> {
  requireWriter(principal);
  const row = await requireConnection(principal, connectionId);
  const connector = connectorOf(row.provider);
  if (!connector) throw new AppError("invalid_request", "This version cannot reconnect connections of this provider.");
  requireOAuth(connector);
  const { redirectUrl } = parseOptions({ redirectUrl: input.redirectUrl });
  const token = newToken();
  const expiresAt = await inTransaction(async (tx) => {
    const until = await databaseTime(tx, linkSeconds);
    const id = newId();
    await tx.connectLink.create({
      data: {
        id,
        hash: hashOf("link", token),
        organizationId: principal.organizationId,
        connectionId: row.id,
        redirectUrl: redirectUrl ?? null,
        createdBy: actorOf(principal),
        expiresAt: until,
      },
      select: { id: true },
    });
    await record(tx, principal, "connection.link", `connection:${row.id}`, { link: id });
    return until;
  });
  return { url: `${env().APP_URL}/connect/reconnect/${token}`, expiresAt: expiresAt.toISOString() };
}

/** Null for a link that is unknown or over, whose connection is gone, or whose maker may not do this any more. */
export async function readReconnectLink(token: string): Promise<ReconnectPageView | null> {
  const found = await find(token);
  if (!found) return null;
  const { row, link, organization } = found;
  const connector = connectorOf(row.provider);
  if (connector?.auth.kind !== "oauth") return null;
  const { auth } = connector;
  return {
    provider: { id: connector.id, name: connector.name },
    organization,
    account: row.accountLabel ?? row.email,
    connected: row.grantId !== null && !needsReconnect(row.failureKind),
    consent: { ...auth.consent, scopes: auth.scopes },
    destination: link.redirectUrl !== null && isAllowed(link.redirectUrl) ? hostOf(link.redirectUrl) : null,
  };
}

/** Begins the flow, bound to the browser that asks. @throws AppError not_found for a link that does not work any more */
export async function beginFromLink(token: string, browser: string, address?: string): Promise<Begun> {
  const found = await find(token, address);
  if (!found) throw new AppError("not_found", "This link does not work any more.", { details: "Ask for a new one." });
  const { principal, link, row } = found;
  return beginReconnect(principal, row.id, {
    origin: "link",
    browser,
    linkId: link.id,
    redirectUrl: link.redirectUrl ?? undefined,
  });
}

async function find(token: string, address?: string) {
  if (!isToken(token)) return null;
  const [alive] = await prisma().$queryRaw<{ id: string }[]>`
    select id from connect_links where hash = ${hashOf("link", token)} and expires_at > now()`;
  const link = alive && (await prisma().connectLink.findUnique({ where: { id: alive.id } }));
  if (!link) return null;
  const [principal, organization, row] = await Promise.all([
    principalOf(link.organizationId, `link:${link.id}`, address),
    prisma().organization.findUnique({ where: { id: link.organizationId }, select: { name: true } }),
    prisma().connection.findFirst({
      where: { id: link.connectionId, organizationId: link.organizationId, state: { not: "deleting" } },
    }),
  ]);
  return principal && organization && row ? { principal, link, row, organization: organization.name } : null;
}
