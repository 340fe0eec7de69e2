import { setTimeout as pause } from "node:timers/promises";

/**
 * Waits until `condition` gives something truthy and returns it. An error it throws counts as "not yet".
 * @throws Error naming `what` (and the last error) after `timeoutMs`, 10 s unless told
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  options: { readonly timeoutMs?: number; readonly everyMs?: number; readonly what?: string } = {},
): Promise<NonNullable<Awaited<T>>> {
  const { timeoutMs = 10_000, everyMs = 15, what = "a condition" } = options;
  const deadline = performance.now() + timeoutMs;
  let lastError: unknown;
  do {
    try {
      const value = await condition();
      if (value) return value as NonNullable<Awaited<T>>;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    await pause(everyMs);
  } while (performance.now() < deadline);
  throw new Error(`waited ${timeoutMs} ms for ${what} in vain`, { cause: lastError });
}
