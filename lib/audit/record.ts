import { actorOf, type Principal } from "#lib/contract/principal.ts";
import type { Prisma } from "#lib/db/generated/client.ts";

export type AuditAction =
  | "organization.create"
  | "key.create"
  | "key.revoke"
  | "key.rotate"
  | "key.update"
  | "connection.authorize"
  | "connection.create"
  | "connection.link"
  | "connection.reconnect"
  | "connection.refuse"
  | "connection.update"
  | "connection.pause"
  | "connection.resume"
  | "connection.sync"
  | "connection.choose"
  | "connection.delete"
  | "connection.restore"
  | "document.add"
  | "document.update"
  | "document.delete"
  | "oauth_app.update"
  | "oauth_app.remove"
  | "oauth_app.webhook_show"
  | "oauth_app.webhook_clear"
  | "redirect_origins.update"
  | "settings.update";

/**
 * Writes one line of the audit log in the caller's transaction, so that it exists exactly when the act happened.
 * `detail` never holds secrets: name settings, not their values.
 */
export async function record(
  tx: Prisma.TransactionClient,
  principal: Principal,
  action: AuditAction,
  target: `${"connection" | "document" | "key" | "oauth_app" | "organization" | "run"}:${string}`,
  detail: Prisma.InputJsonObject = {},
): Promise<void> {
  await tx.auditEvent.create({
    data: {
      organizationId: principal.organizationId,
      actor: actorOf(principal),
      action,
      target,
      detail,
      address: principal.address ?? null,
    },
    select: { id: true },
  });
}
