/** Two rankings of the same things made one. */

export interface Ranked {
  readonly key: string;
  /** 0 to 1 */
  readonly score: number;
}

/** Usual constant of reciprocal rank fusion: how little the very first places are worth over the next ones. */
const flatness = 60;
const share = 0.3;

/**
 * The better score of both, and on top of it a share of what is left to 1: reciprocal rank fusion decides how much, so
 * what both rankings have near their tops comes first. Best first; ties by key.
 */
export function fuse(first: readonly Ranked[], second: readonly Ranked[]): readonly Ranked[] {
  if (second.length === 0) return first;
  const fused = new Map<string, { places: number; score: number }>();
  for (const ranking of [first, second])
    for (const [i, { key, score }] of ranking.entries()) {
      const known = fused.get(key) ?? { places: 0, score: 0 };
      fused.set(key, { places: known.places + 1 / (flatness + i + 1), score: Math.max(known.score, score) });
    }
  const most = 2 / (flatness + 1);
  return [...fused]
    .map(([key, { places, score }]) => ({ key, score: score + ((1 - score) * share * places) / most }))
    .sort((a, b) => b.score - a.score || (a.key < b.key ? -1 : 1));
}
