import { z } from "zod";

/** Folders remembered that shortcuts lead to. */
export const mostLinked = 500;

/**
 * Where a sync goes on. Positions are times, not page tokens: those expire within hours, and times stay right when files
 * come and go while pages are turned.
 */
export const driveCursor = z.object({
  v: z.literal(1),
  /** shared drive → where its log of changes goes on; "" = the account's own log. Empty = nothing was listed yet */
  feeds: z.record(z.string(), z.string().max(500)),
  /** folders outside the choice that are reached by shortcuts inside it */
  linked: z.array(z.string()).max(mostLinked),
  /** when the logs were read last */
  fedAt: z.string().nullable(),
  /** when everything was listed and compared last */
  listedAt: z.string().nullable(),
  /** a listing that is under way, waits for its turn, or was stopped by the document limit */
  listing: z
    .object({
      /** files changed at or before then are still to be listed; null = all of them */
      before: z.string().nullable(),
      /** it began at the newest file, so its end means that everything was listed */
      whole: z.boolean(),
      /** ends when the document limit is used up */
      stops: z.boolean(),
      /** Google did not look everywhere */
      partial: z.boolean(),
      /** begun by the run that is under way */
      going: z.boolean(),
      /** newest of the files that wait for the limit, met by a listing that does not stop; "" = unknown */
      waits: z.string().nullable(),
    })
    .nullable(),
});

export type DriveCursor = z.output<typeof driveCursor>;
export type Listing = NonNullable<DriveCursor["listing"]>;

const begun = { before: null, whole: true, partial: false, going: false, waits: null } as const;

/** The first listing: takes what the document limit allows, newest first. */
export const firstListing: Listing = { ...begun, stops: true };
/** Lists everything, so that what is gone can be told. */
export const wholeListing: Listing = { ...begun, stops: false };

/** Goes on at the newest file that waits for the limit; null = at the top. */
export function backfillFrom(before: string | null): Listing {
  return { ...begun, before, whole: before === null, stops: true };
}

export const newCursor: DriveCursor = {
  v: 1,
  feeds: {},
  linked: [],
  fedAt: null,
  listedAt: null,
  listing: firstListing,
};
