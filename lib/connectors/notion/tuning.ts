/** How far and how often a sync of Notion goes; tests replace some of it. */
export interface Tuning {
  /** requests begun per second */
  readonly perSecond: number;
  /** requests under way at once */
  readonly concurrency: number;
  /** results asked for per request; Notion gives at most 100 */
  readonly pageSize: number;
  /** how far behind the newest edit seen a search reads again: times are rounded to the minute, and the index lags */
  readonly overlapMs: number;
  /** how often all of search is listed, which finds what was shared or taken away without an edit */
  readonly sweepEveryMs: number;
  /** how often every database and the tree of pages is walked as well */
  readonly walkEveryMs: number;
  /** known pages that nothing named any more and that are asked for one by one: in a sweep, in a walk */
  readonly sweepChecks: number;
  readonly walkChecks: number;
  /** between walks: databases asked for rows edited since */
  readonly sources: number;
  /** between walks: pages of trash looked at, 100 each */
  readonly trashPages: number;
  /** of one page: blocks, levels, and requests for its text */
  readonly blocks: number;
  readonly levels: number;
  readonly requests: number;
  /** pages failing one after another that mean Notion itself is in trouble */
  readonly failuresInARow: number;
}

const minute = 60_000;
const hour = 60 * minute;

export const defaultTuning: Tuning = {
  perSecond: 3,
  concurrency: 4,
  pageSize: 100,
  overlapMs: 2 * minute,
  sweepEveryMs: 15 * minute,
  walkEveryMs: 24 * hour,
  sweepChecks: 100,
  walkChecks: 1_000,
  sources: 25,
  trashPages: 5,
  blocks: 20_000,
  levels: 12,
  requests: 400,
  failuresInARow: 20,
};
