import type { Principal } from "#lib/contract/principal.ts";
import type { AuditView, KeysetPage } from "#lib/contract/views.ts";

function todo(): never {
  throw new Error("being built");
}

/** Newest first, by keyset. */
export async function listAudit(
  _principal: Principal,
  _input: { readonly after?: string; readonly limit?: number; readonly target?: string } = {},
): Promise<KeysetPage<AuditView>> {
  return todo();
}
