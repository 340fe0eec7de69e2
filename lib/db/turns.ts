import { AppError } from "#lib/contract/errors.ts";

/**
 * Searches and listings may occupy a connection for seconds. Of each organization a few are under way at once, and a few
 * in all, so that whoever asks for many waits for their own, and everything else gets to the database: the pool
 * (client.ts) has twelve connections, of which uploads take four (lib/files/store.ts).
 */
const most = 6;
const mostOfOne = 3;
const patienceMs = 10_000;

interface Waiting {
  readonly organizationId: string;
  readonly begin: () => void;
}

interface Turns {
  /** under way, by organization; those that have none are left out */
  readonly busy: Map<string, number>;
  /** in the order in which they came */
  readonly waiting: Set<Waiting>;
  all: number;
}

/** Next loads a module several times in one process. */
const shared = globalThis as { tributaryTurns?: Turns };
const turns: Turns = (shared.tributaryTurns ??= { busy: new Map(), waiting: new Set(), all: 0 });

/**
 * Does `work`, which must not take another turn, when it is the organization's turn.
 * @throws AppError unavailable when that takes longer than `withinMs`
 */
export async function inTurn<T>(
  organizationId: string,
  work: () => Promise<T>,
  withinMs: number = patienceMs,
): Promise<T> {
  if (isFree(organizationId)) begin(organizationId);
  else await turnOf(organizationId, withinMs);
  try {
    return await work();
  } finally {
    end(organizationId);
  }
}

function isFree(organizationId: string): boolean {
  return turns.all < most && (turns.busy.get(organizationId) ?? 0) < mostOfOne;
}

function begin(organizationId: string): void {
  turns.all += 1;
  turns.busy.set(organizationId, (turns.busy.get(organizationId) ?? 0) + 1);
}

function turnOf(organizationId: string, withinMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const giveUp = setTimeout(() => {
      turns.waiting.delete(waiting);
      reject(
        new AppError("unavailable", "Too many searches and lists at once.", {
          details: "Wait for the replies to those before, then send it again.",
          retryAfterSeconds: 2,
        }),
      );
    }, withinMs);
    const waiting: Waiting = {
      organizationId,
      begin: () => {
        clearTimeout(giveUp);
        begin(organizationId);
        resolve();
      },
    };
    turns.waiting.add(waiting);
  });
}

function end(organizationId: string): void {
  const others = (turns.busy.get(organizationId) ?? 1) - 1;
  if (others > 0) turns.busy.set(organizationId, others);
  else turns.busy.delete(organizationId);
  turns.all -= 1;
  for (const next of turns.waiting) {
    if (turns.all >= most) return;
    if (!isFree(next.organizationId)) continue;
    turns.waiting.delete(next);
    next.begin();
  }
}
