/**
 * How many letters are wrong, missing, too many, or swapped with their neighbour (optimal string alignment).
 * Stops counting above `max` and answers `max + 1`.
 */
export function editDistance(a: string, b: string, max: number): number {
  const from = [...a];
  const to = [...b];
  if (Math.abs(from.length - to.length) > max) return max + 1;
  let before: number[] = [];
  let previous = Array.from({ length: to.length + 1 }, (_, j) => j);
  for (let i = 1; i <= from.length; i++) {
    const current = [i];
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1];
      let best = Math.min((previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1])
        best = Math.min(best, (before[j - 2] ?? 0) + 1);
      current.push(best);
    }
    if (Math.min(...current) > max) return max + 1;
    before = previous;
    previous = current;
  }
  return Math.min(previous[to.length] ?? 0, max + 1);
}
