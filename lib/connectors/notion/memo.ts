import { z } from "zod";
import type { Json } from "../types.ts";

/** What a page's row remembers between runs: what stands inside it, so that a walk need not read it again. */
export interface Memo {
  readonly pages: readonly string[];
  readonly databases: readonly string[];
  /** the lists above are not all there is: a walk reads the page again */
  readonly cut: boolean;
}

const mostChildren = 2_000;
const schema = z.object({
  p: z.array(z.string()).optional(),
  d: z.array(z.string()).optional(),
  c: z.literal(1).optional(),
});

export function packMemo(pages: readonly string[], databases: readonly string[]): Json {
  const cut = pages.length > mostChildren || databases.length > mostChildren;
  return {
    ...(pages.length > 0 ? { p: pages.slice(0, mostChildren) } : {}),
    ...(databases.length > 0 ? { d: databases.slice(0, mostChildren) } : {}),
    ...(cut ? { c: 1 } : {}),
  };
}

/** Null for anything that is no memo of ours: what is inside the page is not known. */
export function unpackMemo(json: Json): Memo | null {
  const parsed = schema.safeParse(json);
  if (!parsed.success) return null;
  return { pages: parsed.data.p ?? [], databases: parsed.data.d ?? [], cut: parsed.data.c === 1 };
}
