import { z } from "zod";

/** Path and query of a page, below the API's origin: an address of another host cannot be stored. */
const link = z.string().startsWith("/").max(20_000);

export const oneDriveCursor = z.object({
  v: z.literal(1),
  /** walk: through everything there is; delta: what changed since */
  step: z.enum(["walk", "delta"]),
  /** the page to ask for next */
  link,
  /** walk: the run that wrote this has named everything since the walk's beginning, so absence will count */
  whole: z.boolean(),
  /** walk: documents were stored before it began. It ends in the run it began in, or begins again. */
  resync: z.boolean(),
  /** walk: the page at which the document limit was reached; the next run goes on there */
  fill: link.nullable(),
  /** walk: entries looked at so far, for people */
  entries: z.number().int().min(0),
  /** the next run walks: this one could not be sure of everything */
  confirm: z.boolean(),
  /** fingerprint of the documents that the last walk missed in doubtful number; the same ones again need no third look */
  doubt: z.string().nullable(),
  /** items that changed after this run had named them: asked for by the next one */
  again: z.array(z.string()).max(1_000),
  /** fingerprints of the folders that belong to what was chosen; null = all do, or too many to remember */
  folders: z.string().max(200_000).nullable(),
  /** when the walk or the delta before this one began (ms since 1970, by our clock) */
  at: z.number(),
  /** when the last walk began */
  walkedAt: z.number(),
});

export type OneDriveCursor = z.output<typeof oneDriveCursor>;
