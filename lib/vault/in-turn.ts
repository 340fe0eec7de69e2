/** Runs at most so many works at once; the others wait in line. */
export function inTurn(most: number): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running >= most) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await work();
    } finally {
      // Whoever is next takes the place over, so that nobody who comes just now slips in between.
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
}
