import { getServerSession } from "next-auth";
import { headers } from "next/headers";
import { redirect } from "next/navigation";
import { cache } from "react";
import type { Principal } from "#lib/contract/principal.ts";
import { principalForUser } from "#lib/organizations/service.ts";
import { authOptions } from "./auth.ts";

export type UserPrincipal = Extract<Principal, { kind: "user" }>;

/**
 * Who is signed in, read from the cookie and checked against the database once per request; null for nobody.
 * This is the only place that reads a session: nothing is authorised in front of Next.
 */
export const currentPrincipal = cache(async (): Promise<UserPrincipal | null> => {
  const session: { user?: { id?: unknown } } | null = await getServerSession(authOptions());
  const userId = session?.user?.id;
  if (typeof userId !== "string") return null;
  const principal = await principalForUser(userId);
  if (principal?.kind !== "user") return null;
  const address = (await headers()).get("x-tributary-address");
  return address ? { ...principal, address } : principal;
});

/** For pages: the caller, or a redirect to sign in that comes back to the page afterwards. */
export async function requirePrincipal(): Promise<UserPrincipal> {
  const principal = await currentPrincipal();
  if (principal) return principal;
  const target = safeNext((await headers()).get("x-tributary-target") ?? undefined);
  redirect(target === "/" ? "/login" : `/login?next=${encodeURIComponent(target)}`);
}

/** Where to go after signing in: a path of this console, never another site. */
export function safeNext(next: string | undefined): string {
  if (!next || !next.startsWith("/") || /^\/[\\/]/.test(next) || /[\u0000-\u001f]/.test(next)) return "/";
  const resolved = new URL(next, "http://console.invalid");
  if (resolved.origin !== "http://console.invalid" || resolved.pathname === "/login") return "/";
  resolved.searchParams.delete("_rsc"); // Next's own, on navigations
  return resolved.pathname + resolved.search;
}
