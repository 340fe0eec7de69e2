import type { FetchLimits } from "./fetch-page.ts";

/** Times and sizes of a crawl. Production uses the defaults; tests shorten them. */
export interface Tuning {
  readonly page: FetchLimits;
  readonly robotsTimeoutMs: number;
  /** "Test connection", all requests together */
  readonly checkTimeoutMs: number;
  /** pages that are held back until it is known what the site repeats */
  readonly samplePages: number;
  /** how long they are held back at most, from the first one on */
  readonly sampleMs: number;
  /** how long the last slow pages of a depth may keep the next depth waiting */
  readonly patienceMs: number;
  /** changes handed to the engine at once, and how long to wait for that many */
  readonly batch: number;
  readonly batchMs: number;
  /** changes between two checkpoints */
  readonly checkpointEvery: number;
  /** addresses kept in memory */
  readonly maxAddresses: number;
  /** requests for pages that are not stored yet, as a multiple of the document limit */
  readonly newPagesPerLimit: number;
  /** stored pages nothing links to any more that are asked for directly */
  readonly maxOrphans: number;
}

export const defaultTuning: Tuning = {
  // two tries, together about half a minute: others go on meanwhile
  page: { headersTimeoutMs: 14_000, idleTimeoutMs: 14_000, totalTimeoutMs: 30_000, retries: 1 },
  robotsTimeoutMs: 15_000,
  checkTimeoutMs: 10_000,
  samplePages: 160,
  sampleMs: 15_000,
  patienceMs: 2_000,
  batch: 64,
  batchMs: 250,
  checkpointEvery: 64,
  maxAddresses: 150_000,
  newPagesPerLimit: 3,
  maxOrphans: 20_000,
};
