import { AppError } from "#lib/contract/errors.ts";
import type { JsonValue, SecretView } from "#lib/contract/views.ts";
import type { Connector } from "#lib/connectors/types.ts";
import { connectionSecrets } from "#lib/vault/connection-secrets.ts";
import { vault, VaultError } from "#lib/vault/seal.ts";

/** A connection's secret settings, sealed as one JSON object that opens in its own row only. */

type Secrets = Readonly<Record<string, JsonValue>>;

interface Row {
  readonly id: string;
  readonly organizationId: string;
  readonly secrets: string | null;
}

/** Null when there is nothing to keep. */
export function sealSecrets(
  connectionId: string,
  organizationId: string,
  secrets: Readonly<Record<string, JsonValue>>,
): string | null {
  if (Object.keys(secrets).length === 0) return null;
  return vault().seal(JSON.stringify(secrets), connectionSecrets(connectionId, organizationId));
}

/** @throws AppError invalid_request when they cannot be opened: the caller has to enter them again */
export function openSecrets(row: Row): Readonly<Record<string, JsonValue>> {
  if (row.secrets === null) return {};
  try {
    return JSON.parse(vault().open(row.secrets, connectionSecrets(row.id, row.organizationId)));
  } catch (cause) {
    if (!(cause instanceof VaultError)) throw cause;
    throw new AppError("invalid_request", "The stored secrets of this connection cannot be opened.", {
      details: "Enter all of them again, or ask an operator to put the missing sealing key back.",
      cause,
    });
  }
}

/** Which secrets are set. With `reveal`, their last four characters, unless that would give away too much of a short one. */
export function secretViews(connector: Connector | undefined, row: Row, reveal: boolean): readonly SecretView[] {
  if (!connector) return [];
  const opened = reveal ? openedOrNothing(row) : {};
  return connector.secrets.map((name) => {
    const value = opened[name];
    return {
      name,
      label: connector.fields[name]?.label ?? name,
      // Without opening them all are taken to be set: they are sealed together.
      set: row.secrets !== null && (!reveal || value !== undefined),
      last4: typeof value === "string" && value.length >= 12 ? value.slice(-4) : null,
    };
  });
}

/** A page that shows a connection must not fail because a sealing key is gone: then nothing is set. */
function openedOrNothing(row: Row): Readonly<Record<string, JsonValue>> {
  try {
    return openSecrets(row);
  } catch {
    return {};
  }
}

/** Absent and empty secrets keep their stored value. */
export function mergeSecrets(stored: Secrets, given: Secrets): Secrets {
  const kept = Object.entries(stored).filter(([key]) => given[key] === undefined || given[key] === "");
  return { ...given, ...Object.fromEntries(kept) };
}
