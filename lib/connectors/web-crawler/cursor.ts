import { z } from "zod";

/** What a crawl hands to the next: only what cannot be found again page by page. */
export const cursorSchema = z.object({
  v: z.literal(1),
  /** blocks the site repeats (Boilerplate.save); null while the first sample is not complete */
  blocks: z.string().max(24_000).nullable(),
  /** how often that set has grown: pages cleaned with a smaller one are read in full once */
  grown: z.number().int().min(0),
});

export type Cursor = z.infer<typeof cursorSchema>;
