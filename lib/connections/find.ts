import { AppError } from "#lib/contract/errors.ts";
import { idPattern } from "#lib/contract/ids.ts";
import type { Principal } from "#lib/contract/principal.ts";
import type { ConnectionView } from "#lib/contract/views.ts";
import { connectorOf } from "./registry.ts";
import { noticesOf } from "./notices.ts";
import * as repo from "./repo.ts";
import { connectionView } from "./view.ts";

/** Finding one connection for a caller, and the same answer for all that is not theirs to see. */

/** @throws AppError not_found */
export async function requireConnection(principal: Principal, connectionId: string): Promise<repo.Connection> {
  const row = idPattern.test(connectionId) ? await repo.findConnection(principal.organizationId, connectionId) : null;
  if (!row) throw connectionNotFound();
  return row;
}

export async function viewOf(principal: Principal, found: repo.Connection): Promise<ConnectionView> {
  const { organizationId } = principal;
  const connector = connectorOf(found.provider);
  const [runs, issues, notices] = await Promise.all([
    repo.latestRuns(organizationId, [found.id]),
    repo.countIssues(organizationId, [found.id]),
    noticesOf(found, connector),
  ]);
  const [row = found] = await repo.asOfRuns(organizationId, [found], runs);
  return connectionView({
    row,
    connector,
    notices,
    runs: runs.get(row.id) ?? [],
    issueCount: issues.get(row.id) ?? 0,
    reveal: true,
  });
}

/** Says nothing about whether there is such a connection elsewhere. */
export function connectionNotFound(): AppError {
  return new AppError("not_found", "Connection not found");
}
