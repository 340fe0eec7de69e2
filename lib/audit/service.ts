import { decodeKeyset, encodeKeyset } from "#lib/contract/keyset.ts";
import type { Principal } from "#lib/contract/principal.ts";
import type { AuditView, JsonValue, KeysetPage } from "#lib/contract/views.ts";
import { pool } from "#lib/db/client.ts";

export interface ListAuditInput {
  /** `next` of the page before */
  readonly after?: string;
  /** 1 to 200; the default is 50 */
  readonly limit?: number;
  /** e.g. `connection:<id>` */
  readonly target?: string;
}

interface AuditRow {
  id: string;
  at: string;
  actor: string;
  action: string;
  target: string | null;
  detail: JsonValue;
  address: string | null;
}

/** Newest first, by keyset. */
export async function listAudit(principal: Principal, input: ListAuditInput = {}): Promise<KeysetPage<AuditView>> {
  const limit = Math.min(Math.max(Math.trunc(input.limit ?? 50), 1), 200);
  const after = input.after === undefined ? undefined : decodeKeyset(input.after);
  const values: unknown[] = [principal.organizationId, limit + 1];
  const conditions = ["e.organization_id = $1"];
  if (after && /^\d{1,18}$/.test(after.id)) {
    values.push(after.at, after.id);
    conditions.push(`(e.at, e.id) < ($${values.length - 1}::timestamptz, $${values.length}::bigint)`);
  }
  if (input.target) {
    values.push(input.target);
    conditions.push(`e.target = $${values.length}`);
  }
  const { rows } = await pool().query<AuditRow>(
    `select e.id::text, to_char(e.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at,
            e.actor, e.action, e.target, e.detail, e.address
       from audit_events e where ${conditions.join(" and ")} order by e.at desc, e.id desc limit $2`,
    values,
  );
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next: rows.length > limit && last ? encodeKeyset(last) : null };
}
