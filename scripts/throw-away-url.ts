/** Stands for "a new, empty database that is gone afterwards" between prisma.ts and schema-engine.ts. */
export const throwAwayUrl = "postgresql://throw-away.invalid/new";
