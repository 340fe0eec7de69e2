import { isLostPosition } from "./failures.ts";
import type { List } from "./shapes.ts";

/** Lists whose pages stay empty this often, one after another, have no end. */
const mostEmpty = 50;
/** A listing whose positions are refused again and again cannot be read. */
const mostRestarts = 2;

/** How a listing ended that was read to its end: by itself, cut off by Notion, or stopped because it ran in circles. */
export type Ending = "complete" | "capped" | "circle";

/**
 * The pages of a list, from `cursor` on. A position Notion does not accept any more means listing from the top again; a
 * listing that repeats a position, or goes on for ever without results, ends.
 */
export async function* allOf(
  ask: (cursor: string | null) => Promise<List>,
  cursor: string | null = null,
  onEnd: (ending: Ending) => void = () => {},
): AsyncGenerator<List, void, void> {
  const seen = new Set<string>();
  let capped = false;
  let empty = 0;
  let restarts = 0;
  for (let next = cursor; ;) {
    if (next !== null) seen.add(next);
    let list: List;
    try {
      list = await ask(next);
    } catch (error) {
      if (next === null || !isLostPosition(error) || restarts++ >= mostRestarts) throw error;
      next = null;
      seen.clear();
      continue;
    }
    capped ||= list.request_status?.type === "incomplete";
    empty = list.results.length === 0 ? empty + 1 : 0;
    yield list;
    next = list.next_cursor ?? null;
    if (!list.has_more || next === null) return onEnd(capped ? "capped" : "complete");
    if (seen.has(next) || empty >= mostEmpty) return onEnd("circle");
  }
}
