/** The same lives every time, so that a red test means a change; new ones are lived on purpose. */
const usualSeed = 20_261_120;

/**
 * Chance that can be repeated: a test names its seed when it fails, and `VITE_SEED=<seed> npx vitest run <file>` draws
 * the same again; `VITE_SEED=random` draws what nobody has drawn before.
 */
export function seedOfRun(): number {
  const given = Object.entries(import.meta.env).find(([name]) => name === "VITE_SEED")?.[1];
  if (given === "random") return Math.floor(Math.random() * 2 ** 31);
  return typeof given === "string" ? Number(given) : usualSeed;
}

/** Mulberry32: numbers from 0 to below 1; small, and the same everywhere. */
export function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
