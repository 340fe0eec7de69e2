/** A file of this size or more, in bytes, waits for the one before it: several at once would be too much to hold. */
const heavyBytes = 8_000_000;

let last: Promise<unknown> = Promise.resolve();

/** Runs `work` at once for small files, and for large ones when no other large one is being worked on in this process. */
export async function oneAtATime<T>(bytes: number, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  if (bytes < heavyBytes) return work();
  const turn = last.then(() => {
    signal.throwIfAborted();
    return work();
  });
  last = turn.catch(() => {});
  return turn;
}
