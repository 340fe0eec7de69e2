import type { ConnectionStatus, ConnectionView, RunView } from "#lib/contract/views.ts";

/** A run that still moves. */
export function isActive(run: RunView | null): boolean {
  return run !== null && (run.status === "queued" || run.status === "running");
}

/** States in which a view is worth asking for every second. */
const moving: ReadonlySet<ConnectionStatus> = new Set(["syncing", "queued", "waiting"]);

export function isMoving(connection: ConnectionView): boolean {
  return moving.has(connection.status) || isActive(connection.lastRun);
}

export const pace = (active: boolean): number => (active ? 1_000 : 30_000);

/**
 * Counts of one run never fall on screen, although answers of a run that was taken over by another worker may: what was
 * counted twice is corrected once the run has ended.
 */
export function monotone(shown: RunView | null, answer: RunView | null): RunView | null {
  if (!shown || !answer || shown.id !== answer.id || !isActive(answer)) return answer;
  const counts = { ...answer.counts };
  for (const name of Object.keys(counts) as (keyof typeof counts)[]) {
    counts[name] = Math.max(counts[name], shown.counts[name]);
  }
  return { ...answer, counts };
}
