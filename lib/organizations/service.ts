import type { Principal } from "#lib/contract/principal.ts";

/** Organizations and the people in them. */

function todo(): never {
  throw new Error("being built");
}

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

/** Whether a set-up token (from the one-time link) may still be used. */
export async function setupAllowed(_setupToken: string): Promise<boolean> {
  return todo();
}
/** First run: organization, owner and first membership in one transaction that uses the token up. @throws AppError */
export async function createOwner(_setupToken: string, _input: CreateOwnerInput): Promise<SignedIn> {
  return todo();
}
/**
 * Null for a wrong e-mail or password, after the same work for both.
 * @throws AppError rate_limited after too many failures for this e-mail or address
 */
export async function authenticateUser(
  _email: string,
  _password: string,
  _options: { readonly address?: string } = {},
): Promise<SignedIn | null> {
  return todo();
}
/** The caller behind a session, freshly read: a removed member is nobody at once. First membership unless one is named. */
export async function principalForUser(_userId: string, _organizationId?: string): Promise<Principal | null> {
  return todo();
}
/** Organizations this person belongs to. */
export async function organizationsOfUser(
  _userId: string,
): Promise<
  readonly {
    readonly id: string;
    readonly slug: string;
    readonly name: string;
    readonly role: "owner" | "admin" | "viewer";
  }[]
> {
  return todo();
}
