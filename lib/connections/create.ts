import { record } from "#lib/audit/record.ts";
import { AppError } from "#lib/contract/errors.ts";
import { newId } from "#lib/contract/ids.ts";
import type { Principal } from "#lib/contract/principal.ts";
import type { ConnectionView } from "#lib/contract/views.ts";
import type { Prisma } from "#lib/db/generated/client.ts";
import { databaseTime } from "#lib/db/now.ts";
import { inTransaction } from "#lib/db/prisma-transaction.ts";
import { prepareQueue } from "#lib/jobs/queue.ts";
import { requireWriter } from "#lib/organizations/access.ts";
import { checkSettings, refusalError } from "./check.ts";
import { viewOf } from "./find.ts";
import type { CreateConnectionInput } from "./inputs.ts";
import { parseOptions } from "./options.ts";
import { defaultInterval } from "./providers.ts";
import { requireConnector } from "./registry.ts";
import { sealSecrets } from "./secrets.ts";
import { requireMetadata, requireSettings } from "./settings.ts";
import { enqueueFor } from "./sync.ts";

/** Connecting a source. */

/**
 * Checks the settings against the provider, then stores the connection and queues its first sync in one transaction.
 * `alongside` runs in that transaction, too. @throws AppError
 */
export async function createConnection(
  principal: Principal,
  input: CreateConnectionInput,
  alongside?: (tx: Prisma.TransactionClient, connectionId: string) => Promise<void>,
): Promise<ConnectionView> {
  requireWriter(principal);
  const connector = requireConnector(input.provider);
  if (connector.auth.kind === "oauth")
    throw new AppError("invalid_request", `${connector.name} is connected by somebody who consents there.`);
  const options = parseOptions(input);
  const metadata = requireMetadata(connector, input.metadata ?? {});
  const first = requireSettings(connector, input.settings);
  const checked = await checkSettings(connector, first.config);
  if (!checked.ok) throw refusalError(checked.refusal);
  const { account } = checked;
  const settings = account.corrected ? requireSettings(connector, { ...input.settings, ...account.corrected }) : first;
  const { organizationId } = principal;
  const id = newId();
  await prepareQueue();
  const row = await inTransaction(async (tx) => {
    const created = await tx.connection.create({
      data: {
        id,
        organizationId,
        provider: connector.id,
        name: options.name ?? "",
        containerTags: [...(options.containerTags ?? [])],
        documentLimit: options.documentLimit ?? 10_000,
        intervalSeconds: options.intervalSeconds ?? null,
        nextSyncAt: await databaseTime(tx, options.intervalSeconds ?? defaultInterval(connector)),
        config: settings.open as Prisma.InputJsonObject,
        secrets: sealSecrets(id, organizationId, settings.secret),
        metadata,
        redirectUrl: options.redirectUrl ?? null,
        accountId: account.id,
        accountLabel: account.label,
        email: account.email ?? null,
      },
    });
    await enqueueFor(tx, principal, id);
    await record(tx, principal, "connection.create", `connection:${id}`, {
      provider: connector.id,
      account: account.label,
      containerTags: [...(options.containerTags ?? [])],
    });
    await alongside?.(tx, id);
    return created;
  });
  return viewOf(principal, row);
}
