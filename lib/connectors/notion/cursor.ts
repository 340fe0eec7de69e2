import { z } from "zod";

const time = z.iso.datetime();

/** A walk over everything there is, as far as it has come. */
const walkSchema = z.object({
  /** a walk goes through databases and the tree of pages; a sweep only through search */
  deep: z.boolean(),
  begun: time,
  /** everything since its beginning was met in this very run, so what was not met may be gone */
  whole: z.boolean(),
  phase: z.enum(["search", "rows", "tree"]),
  /** search: where the listing goes on; null = from the top */
  next: z.string().max(2_000).nullable(),
  /** rows: the last database that is done, in order of their ids */
  source: z.string().max(200).nullable(),
  /** pages found by search, found only by walking, and not readable */
  found: z.number().int().min(0),
  walked: z.number().int().min(0),
  unreadable: z.number().int().min(0),
});

/** What a sync hands to the next: a few hundred bytes. */
export const cursorSchema = z.object({
  v: z.literal(1),
  /** the newest edit seen; later edits are looked for from here */
  watermark: time.nullable(),
  /** when the last complete sweep and walk began */
  swept: time.nullable(),
  walked: time.nullable(),
  walk: walkSchema.nullable(),
  /** the last known page that was asked for because nothing named it */
  asked: z.string().max(200).nullable(),
});

export type Walk = z.output<typeof walkSchema>;
export type Cursor = z.output<typeof cursorSchema>;

export const freshCursor: Cursor = { v: 1, watermark: null, swept: null, walked: null, walk: null, asked: null };

export function beginWalk(deep: boolean, now: number): Walk {
  return {
    deep,
    begun: new Date(now).toISOString(),
    whole: true,
    phase: "search",
    next: null,
    source: null,
    found: 0,
    walked: 0,
    unreadable: 0,
  };
}
