/**
 * Does the work for all items, at most `width` at once, and yields results as they come, in any order. The first error
 * ends it; nothing new is begun then, nor when the caller stops listening.
 */
export async function* together<Item, Result>(
  items: readonly Item[],
  width: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<readonly Result[], void, void> {
  const ready: Result[] = [];
  let next = 0;
  let active = 0;
  const state: { ended: boolean; failure?: { readonly error: unknown } } = { ended: false };
  let wake: () => void = () => {};
  const begin = (): void => {
    // Results that nobody has taken yet hold texts: they count like work under way.
    const mayBegin = () =>
      !state.ended && !state.failure && next < items.length && active < width && active + ready.length < 2 * width;
    while (mayBegin()) {
      const item = items[next++] as Item;
      active++;
      void work(item)
        .then(
          (result) => void ready.push(result),
          (error: unknown) => {
            state.failure ??= { error };
          },
        )
        .finally(() => {
          active--;
          begin();
          wake();
        });
    }
  };
  try {
    for (;;) {
      begin();
      if (ready.length > 0) yield ready.splice(0);
      else if (state.failure) throw state.failure.error;
      else if (active === 0 && next >= items.length) return;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    state.ended = true;
  }
}
