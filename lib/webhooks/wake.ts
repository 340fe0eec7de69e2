import { isUnavailable } from "#lib/db/unavailable.ts";
import { transaction } from "#lib/db/tx.ts";
import { prepareQueue } from "#lib/jobs/queue.ts";
import { log } from "#lib/log.ts";
import { enqueueSync } from "#lib/runs/enqueue.ts";
import { Bursts } from "./bursts.ts";
import type { KnownConnection } from "./directory.ts";

/** A notice makes its connection's next sync begin sooner, however many there are. */

/** Whoever edits goes on for a moment: the sync begins after it, and covers what comes until then. */
const settleSeconds = 3;
/** From one sync to the next of a connection whose source does not come to rest. */
const everyMs = 30_000;

/** Which notice of which channel it was. */
interface Numbered {
  readonly id: string;
  readonly number: number | null;
}

interface Subject extends KnownConnection {
  readonly channel: Numbered | null;
}

type Wakes = Bursts<Subject>;

// Next loads a module several times in one process.
const shared = globalThis as { tributaryWakes?: Wakes };

function wakes(): Wakes {
  shared.tributaryWakes ??= new Bursts<Subject>({
    act: async (_connectionId, subject) => ({ coversMs: (await wakeNow(subject)) ? settleSeconds * 1_000 : 0 }),
    everyMs,
    onError: (error) => {
      if (!isUnavailable(error)) log("warn", "a notice could not be acted on", { error: String(error) });
    },
  });
  return shared.tributaryWakes;
}

/** Resolves when the sync is queued, or a later one covers the notice. @throws when the database does not answer */
export function wake(connection: KnownConnection, channel: Numbered | null): Promise<void> {
  const { connectionId, organizationId } = connection;
  return wakes().notice(connectionId, { connectionId, organizationId, channel });
}

/** For tests: as if no notice had come for a long time. */
export function forgetWakes(): void {
  delete shared.tributaryWakes;
}

/** True = a sync was queued that begins later; false = another one was queued already, or none may be. */
async function wakeNow({ connectionId, organizationId, channel }: Subject): Promise<boolean> {
  await prepareQueue();
  return transaction(async (client) => {
    // Everybody locks the connection before its runs. What is not scheduled waits for a person.
    const { rowCount } = await client.query(
      `select 1 from connections
       where id = $1 and organization_id = $2 and state = 'active' and next_sync_at is not null for update`,
      [connectionId, organizationId],
    );
    if (rowCount !== 1) return false;
    const { runId, coalesced } = await enqueueSync(client, {
      organizationId,
      connectionId,
      trigger: "event",
      requestedBy: null,
      delaySeconds: settleSeconds,
    });
    if (channel !== null && channel.number !== null) {
      await client.query("update webhook_channels set last_notice = $2 where id = $1", [
        channel.id,
        String(channel.number),
      ]);
    }
    return runId !== null && !coalesced;
  });
}
