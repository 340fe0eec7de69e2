/** Who is calling. Every service takes one; the organization comes from here and from nowhere else. */
export type Principal =
  | {
      readonly kind: "key";
      readonly organizationId: string;
      readonly keyId: string;
      readonly keyName: string;
      /** network address of the caller, for the audit log */
      readonly address?: string;
    }
  | {
      readonly kind: "user";
      readonly organizationId: string;
      readonly userId: string;
      readonly email: string;
      readonly role: "owner" | "admin" | "viewer";
      readonly address?: string;
    };

/** The actor written to the audit log. */
export function actorOf(principal: Principal): string {
  return principal.kind === "key" ? `key:${principal.keyId}` : `user:${principal.userId}`;
}

/** Viewers read; everyone else, keys included, may also change things. */
export function mayWrite(principal: Principal): boolean {
  return principal.kind === "key" || principal.role !== "viewer";
}
