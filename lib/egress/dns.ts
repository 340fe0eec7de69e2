import { lookup } from "node:dns/promises";

/** One answer of a resolver. */
export interface Answer {
  readonly address: string;
  readonly family: 4 | 6;
}

/** Every address of a name, A and AAAA. Rejects with a Node error (`code` ENOTFOUND, EAI_AGAIN, …). */
export type Resolve = (name: string) => Promise<readonly Answer[]>;

/** The machine's own resolver, hosts file included. */
const systemResolve: Resolve = async (name) => {
  const found = await lookup(name, { all: true, order: "verbatim" });
  return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }));
};

const ttlMs = 30_000;
const capacity = 1_000;

/** Remembers answers for at most 30 s and 1,000 names; asks once for questions that come together; forgets failures. */
export function cachedResolve(resolve: Resolve, now: () => number = () => performance.now()): Resolve {
  const cache = new Map<string, { readonly until: number; readonly answers: Promise<readonly Answer[]> }>();
  return (name) => {
    const hit = cache.get(name);
    if (hit && hit.until > now()) return hit.answers;
    cache.delete(name);
    const answers = resolve(name);
    const entry = { until: now() + ttlMs, answers };
    cache.set(name, entry);
    answers.catch(() => {
      if (cache.get(name) === entry) cache.delete(name);
    });
    if (cache.size > capacity) {
      for (const oldest of cache.keys()) {
        cache.delete(oldest);
        break;
      }
    }
    return answers;
  };
}

/** Shared by every Http of the process. */
export const sharedResolve: Resolve = cachedResolve(systemResolve);
