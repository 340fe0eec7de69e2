import { headers } from "next/headers";
import type { ClaimedAddress } from "#lib/contract/claimed-address.ts";
import { readClaims } from "./request-guard.ts";

/** What the request under way said about the address it was opened under: to be shown to people, not to be believed. */
export async function claimedAddress(): Promise<ClaimedAddress | null> {
  return readClaims((await headers()).get("x-tributary-claims"));
}
