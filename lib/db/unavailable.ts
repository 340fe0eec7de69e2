import { isDatabaseUnavailable } from "./tx.ts";

/** Prisma's own codes for a database that does not answer, a pool without a free connection, a transaction that died. */
const prismaCodes =
  /^(?:P1001|P1002|P1008|P1017|P2024|P2028|P2037|ENOENT|ECONN\w+|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN)$/;
/** What the driver adapter says it was (@prisma/adapter-pg). */
const adapterKinds: ReadonlySet<string> = new Set([
  "DatabaseNotReachable",
  "ConnectionClosed",
  "SocketTimeout",
  "TooManyConnections",
]);
/** PostgreSQL: connection, resources, shutdown; read-only; lock not available; statement canceled by its timeout. */
const serverCodes = /^(?:08\w{3}|53\w{3}|57P\w{2}|25006|55P03|57014)$/;
const driverTexts =
  /(?:Connection terminated|timeout exceeded when trying to connect|Query read timeout|connection error)/;

/**
 * Whether the database, asked through Prisma or the pool, does not answer or cannot for now. Nothing else: a constraint
 * that was violated or a bug in a query is not this.
 */
export function isUnavailable(error: unknown): boolean {
  if (isDatabaseUnavailable(error)) return true;
  if (!(error instanceof Error)) return false;
  const code = "code" in error ? String(error.code) : "";
  if (serverCodes.test(code)) return true;
  if (!error.name.startsWith("PrismaClient")) return false;
  const adapter = adapterCause(error);
  return (
    prismaCodes.test(code) ||
    adapterKinds.has(String(adapter["kind"])) ||
    serverCodes.test(String(adapter["originalCode"])) ||
    driverTexts.test(error.message.split("\n").at(-1) ?? "")
  );
}

/** Whether two transactions stood in each other's way and this one gave way: nothing of it happened. */
export function isConflict(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = "code" in error ? String(error.code) : "";
  const conflicts = /^(?:40001|40P01|P2034)$/;
  return conflicts.test(code) || conflicts.test(String(adapterCause(error)["originalCode"]));
}

/** `meta.driverAdapterError.cause` of a Prisma error; empty when there is none. */
function adapterCause(error: Error): Readonly<Record<string, unknown>> {
  let value: unknown = error;
  for (const key of ["meta", "driverAdapterError", "cause"]) {
    if (typeof value !== "object" || value === null) return {};
    value = (value as Record<string, unknown>)[key];
  }
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
