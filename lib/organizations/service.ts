import { z } from "zod";
import { record } from "#lib/audit/record.ts";
import { AppError } from "#lib/contract/errors.ts";
import { newId } from "#lib/contract/ids.ts";
import type { Principal } from "#lib/contract/principal.ts";
import { isStorable } from "#lib/contract/storable.ts";
import { prisma } from "#lib/db/client.ts";
import { inTransaction } from "#lib/db/prisma-transaction.ts";
import { hashKey } from "#lib/keys/hash.ts";
import { hashPassword, verifyNobody, verifyPassword } from "#lib/vault/password.ts";
import { forgiveSignIn, requireSignInAllowed } from "./sign-in-limit.ts";

/** Organizations and the people in them. */

export type UserPrincipal = Extract<Principal, { kind: "user" }>;
type Role = "owner" | "admin" | "viewer";

export interface CreateOwnerInput {
  readonly organization: string;
  readonly email: string;
  /** 10 to 1,024 characters */
  readonly password: string;
}

/** A person who proved who they are. */
export interface SignedIn {
  readonly userId: string;
  readonly email: string;
  readonly name: string;
}

const ownerSchema = z.object({
  organization: z
    .string()
    .trim()
    .min(1, "Enter a name")
    .max(100, "must not be longer than 100 characters")
    .refine(isStorable, "contains characters that cannot be stored"),
  email: z
    .string()
    .trim()
    .toLowerCase()
    .max(254, "must not be longer than 254 characters")
    .pipe(z.email("Enter an e-mail address")),
  password: z
    .string()
    .min(10, "must have at least 10 characters")
    .max(1024, "must not be longer than 1024 characters")
    .refine(isStorable, "contains characters that cannot be stored"),
});

/** Whether a set-up token (from the one-time link) may still be used. */
export async function setupAllowed(setupToken: string): Promise<boolean> {
  if (!setupToken) return false;
  return (await prisma().setupToken.count({ where: { hash: new Uint8Array(hashKey(setupToken)) } })) > 0;
}

/** First run: organization, owner and membership in the one transaction that uses the token up. @throws AppError */
export async function createOwner(setupToken: string, input: CreateOwnerInput): Promise<SignedIn> {
  const parsed = ownerSchema.safeParse(input);
  if (!parsed.success)
    throw new AppError("invalid_request", "The account could not be created.", {
      fields: parsed.error.issues.map((issue) => ({ path: issue.path.join("."), message: issue.message })),
    });
  const { organization, email, password } = parsed.data;
  // Before the slow hash, so that a guessed token costs nothing; the transaction decides.
  if (!(await setupAllowed(setupToken))) throw usedUp();
  const passwordHash = await hashPassword(password);
  return inTransaction(async (tx) => {
    const { count } = await tx.setupToken.deleteMany({ where: { hash: new Uint8Array(hashKey(setupToken)) } });
    if (count !== 1) throw usedUp();
    await tx.setupToken.deleteMany({});
    const userId = newId();
    const organizationId = newId();
    await tx.user.create({ data: { id: userId, email, passwordHash } });
    await tx.organization.create({ data: { id: organizationId, slug: slugOf(organization), name: organization } });
    await tx.membership.create({ data: { organizationId, userId, role: "owner" } });
    const principal: Principal = { kind: "user", organizationId, userId, email, role: "owner" };
    await record(tx, principal, "organization.create", `organization:${organizationId}`, { name: organization });
    return { userId, email, name: "" };
  });
}

/**
 * Null for a wrong e-mail or password, after the same work for both.
 * @throws AppError rate_limited after too many failures for this e-mail or from this address
 */
export async function authenticateUser(
  email: string,
  password: string,
  options: { readonly address?: string } = {},
): Promise<SignedIn | null> {
  const normalized = email.trim().toLowerCase().slice(0, 254);
  const attempt = { email: normalized, address: options.address };
  await requireSignInAllowed(attempt);
  const usable = isStorable(normalized) && isStorable(password) && password.length <= 1024;
  const user = usable ? await prisma().user.findUnique({ where: { email: normalized } }) : null;
  const matches = user
    ? await verifyPassword(password, user.passwordHash)
    : await verifyNobody(password.slice(0, 1024));
  if (!user || !matches) return null;
  await forgiveSignIn(attempt);
  return { userId: user.id, email: user.email, name: user.name };
}

/** The caller behind a session, freshly read: a removed member is nobody at once. The oldest membership unless one is named. */
export async function principalForUser(userId: string, organizationId?: string): Promise<UserPrincipal | null> {
  const membership = await prisma().membership.findFirst({
    where: { userId, organizationId },
    orderBy: [{ createdAt: "asc" }, { organizationId: "asc" }],
    include: { user: { select: { email: true } } },
  });
  if (!membership) return null;
  return {
    kind: "user",
    organizationId: membership.organizationId,
    userId,
    email: membership.user.email,
    role: membership.role,
  };
}

export interface OrganizationView {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly role: Role;
}

/** Organizations this person belongs to, oldest membership first. */
export async function organizationsOfUser(userId: string): Promise<readonly OrganizationView[]> {
  const rows = await prisma().membership.findMany({
    where: { userId },
    orderBy: [{ createdAt: "asc" }, { organizationId: "asc" }],
    include: { organization: true },
  });
  return rows.map(({ organization, role }) => ({
    id: organization.id,
    slug: organization.slug,
    name: organization.name,
    role,
  }));
}

function usedUp(): AppError {
  return new AppError("forbidden", "This set-up link is not valid any more.", {
    details: "If there is no owner account yet, restart Tributary: it prints a new link.",
  });
}

/** Readable part of the name and four random characters, so that two teams of one name never collide. */
function slugOf(name: string): string {
  const readable = name
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "")
    .slice(0, 40);
  return `${readable || "team"}-${newId().slice(-4).toLowerCase()}`;
}
