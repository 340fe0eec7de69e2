import { record } from "#lib/audit/record.ts";
import { AppError, type FieldProblem } from "#lib/contract/errors.ts";
import type { Principal } from "#lib/contract/principal.ts";
import { readOrigin, redirectOriginsMax } from "#lib/contract/redirect-origin.ts";
import { prisma } from "#lib/db/client.ts";
import type { Prisma } from "#lib/db/generated/client.ts";
import { inTransaction } from "#lib/db/prisma-transaction.ts";
import { requireWriter } from "./access.ts";
import { lockOrganization } from "./lock.ts";

/**
 * Origins an organization trusts with its end users: whoever connects through the API and comes back there is not asked
 * on a page of ours first.
 */

/** In the order they were added. */
export async function listRedirectOrigins(organizationId: string): Promise<readonly string[]> {
  const row = await prisma().organization.findUnique({
    where: { id: organizationId },
    select: { redirectOrigins: true },
  });
  return row?.redirectOrigins ?? [];
}

/** Adding one that is there changes nothing. @throws AppError invalid_request, forbidden */
export async function addRedirectOrigin(principal: Principal, text: string): Promise<readonly string[]> {
  requireWriter(principal);
  const read = readOrigin(text);
  if ("problem" in read) throw invalid([{ path: "origin", message: read.problem }]);
  return change(principal, (before) => {
    if (before.includes(read.origin)) return before;
    if (before.length >= redirectOriginsMax) throw invalid([{ path: "origin", message: tooMany }]);
    return [...before, read.origin];
  });
}

/** Removing one that is not there changes nothing. @throws AppError forbidden */
export async function removeRedirectOrigin(principal: Principal, origin: string): Promise<readonly string[]> {
  requireWriter(principal);
  return change(principal, (before) => before.filter((each) => each !== origin));
}

/**
 * The list as it is to be, in a transaction that holds the organization's lock.
 * @throws AppError invalid_request naming every entry that is wrong, e.g. `redirectOrigins.2`
 */
export async function replaceRedirectOrigins(
  tx: Prisma.TransactionClient,
  principal: Principal,
  texts: readonly string[],
): Promise<readonly string[]> {
  if (texts.length > redirectOriginsMax) throw invalid([{ path: "redirectOrigins", message: tooMany }]);
  const problems: FieldProblem[] = [];
  const origins = new Set<string>();
  for (const [index, text] of texts.entries()) {
    const read = readOrigin(text);
    if ("problem" in read) problems.push({ path: `redirectOrigins.${index}`, message: read.problem });
    else origins.add(read.origin);
  }
  if (problems.length > 0) throw invalid(problems);
  return store(tx, principal, () => [...origins]);
}

const tooMany = `must not have more than ${redirectOriginsMax} entries`;

function change(
  principal: Principal,
  next: (before: readonly string[]) => readonly string[],
): Promise<readonly string[]> {
  return inTransaction(async (tx) => {
    await lockOrganization(tx, principal.organizationId);
    return store(tx, principal, next);
  });
}

async function store(
  tx: Prisma.TransactionClient,
  principal: Principal,
  next: (before: readonly string[]) => readonly string[],
): Promise<readonly string[]> {
  const { organizationId } = principal;
  const row = await tx.organization.findUniqueOrThrow({
    where: { id: organizationId },
    select: { redirectOrigins: true },
  });
  const before = row.redirectOrigins;
  const after = next(before);
  const added = after.filter((origin) => !before.includes(origin));
  const removed = before.filter((origin) => !after.includes(origin));
  if (added.length === 0 && removed.length === 0) return before;
  await tx.organization.update({
    where: { id: organizationId },
    data: { redirectOrigins: [...after] },
    select: { id: true },
  });
  await record(tx, principal, "redirect_origins.update", `organization:${organizationId}`, { added, removed });
  return after;
}

function invalid(fields: readonly FieldProblem[]): AppError {
  return new AppError("invalid_request", "The request is not valid.", { fields });
}
