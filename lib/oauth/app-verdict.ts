import { pool } from "#lib/db/client.ts";
import { log } from "#lib/log.ts";
import type { AppCredentials } from "./apps.ts";
import { TokenError } from "./token-error.ts";

/**
 * What a provider thinks of an organization's own OAuth app, remembered so that pages can say so. The operator's app has
 * no row to remember it in. Never throws: the verdict matters less than what it was found out with.
 */

/** Client id and secret were accepted. */
export function appAccepted(organizationId: string, provider: string, app: AppCredentials): Promise<void> {
  return write(organizationId, provider, app, "refused_at = null", "refused_at is not null");
}

/** A call to the token endpoint failed: remembered if it is the app that was refused, else no verdict about it. */
export async function appFailed(
  organizationId: string,
  provider: string,
  app: AppCredentials,
  error: unknown,
): Promise<void> {
  if (!(error instanceof TokenError) || error.kind !== "invalid_client") return;
  await write(organizationId, provider, app, "refused_at = now()", "refused_at is null");
}

async function write(
  organizationId: string,
  provider: string,
  app: AppCredentials,
  change: string,
  unless: string,
): Promise<void> {
  if (app.source !== "organization") return;
  try {
    // `updated_at` stays: it says when the credentials were entered.
    await pool().query(
      `update oauth_apps set ${change} where organization_id = $1 and provider = $2 and client_id = $3 and ${unless}`,
      [organizationId, provider, app.clientId],
    );
  } catch (error) {
    log("warn", "the verdict about an OAuth app could not be stored", {
      provider,
      error: error instanceof Error ? error.name : "unknown",
    });
  }
}

/** Providers whose app of the organization is in use and not accepted. */
export async function refusedApps(organizationId: string): Promise<ReadonlySet<string>> {
  const { rows } = await pool().query<{ provider: string }>(
    "select provider from oauth_apps where organization_id = $1 and enabled and refused_at is not null",
    [organizationId],
  );
  return new Set(rows.map(({ provider }) => provider));
}
