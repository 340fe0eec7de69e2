import type { AccessScope } from "./access.ts";

/** Who is calling. Every service takes one; the organization comes from here and from nowhere else. */
export type Principal =
  | {
      readonly kind: "key";
      readonly organizationId: string;
      readonly keyId: string;
      readonly keyName: string;
      /** what the key may do */
      readonly scopes: readonly AccessScope[];
      /** the only container it sees; null = all of the organization */
      readonly containerTag: string | null;
      /** requests it may make in a time of its own; null = as many as any key */
      readonly rate: { readonly max: number; readonly windowMs: number } | null;
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

/**
 * Viewers read; other people may change everything. What a key may do was decided when the request came in
 * (lib/server/route.ts), by the operation's `access`.
 */
export function mayWrite(principal: Principal): boolean {
  return principal.kind === "key" || principal.role !== "viewer";
}

/**
 * Whether connections, settings and keys are this caller's business: for what goes on after the request that began it,
 * when the key may have been narrowed meanwhile.
 */
export function mayManage(principal: Principal): boolean {
  return principal.kind === "key"
    ? principal.scopes.includes("connections") && principal.containerTag === null
    : principal.role !== "viewer";
}

/** The container outside of which this caller sees and makes no documents; undefined = there is no such limit. */
export function containerOf(principal: Principal): string | undefined {
  return principal.kind === "key" ? (principal.containerTag ?? undefined) : undefined;
}
