/** Named instants at which a test can stop a run as if its process had died there. */
export type FailpointName =
  "after claim" | "after fetch" | "before commit" | "inside commit" | "after commit" | "after last checkpoint";

export type Failpoint = (name: FailpointName) => void | Promise<void>;

/** What a failpoint throws to play a process that died: nothing may be written after it. */
export class Died extends Error {}
