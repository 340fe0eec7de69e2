/** Named instants at which a test can stop a run as if its process had died there. */
export const failpoints = [
  "after claim",
  "after fetch",
  "before commit",
  "inside commit",
  "after commit",
  "after last checkpoint",
] as const;

export type FailpointName = (typeof failpoints)[number];

export type Failpoint = (name: FailpointName) => void | Promise<void>;

/** What a failpoint throws to play a process that died: nothing may be written after it. */
export class Died extends Error {}
