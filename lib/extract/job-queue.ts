import type { Work } from "./jobs.ts";
import type { Extracted, Page } from "./types.ts";

/** Up to this size the bytes are copied to the thread, so the job can be given to another if its neighbour kills it. */
export const COPIED = 1024 * 1024;

/** One file to read and who waits for it. */
export interface Job {
  readonly id: number;
  readonly work: Work;
  readonly size: number;
  readonly limit: number;
  readonly resolve: (value: Page | Extracted) => void;
  readonly reject: (error: unknown) => void;
  attempts: number;
  settled: boolean;
  /** given up by the thread it waited at: whoever answers first counts */
  released: boolean;
}

/** Pages and small files: read in a few milliseconds. */
export function isQuick(job: Job): boolean {
  return job.size <= COPIED && (job.work.kind === "page" || job.size <= COPIED / 4);
}

/** Jobs that wait for a thread: the quick and the slow, each first come first served, taken in turn. */
export class JobQueue {
  private readonly quick: Job[] = [];
  private readonly slow: Job[] = [];
  private slowNext = false;
  private bytes = 0;

  /** Whether a job of this size (bytes) may wait too. */
  hasRoom(size: number, maxJobs: number, maxBytes: number): boolean {
    return this.quick.length + this.slow.length < maxJobs && this.bytes + size <= maxBytes;
  }

  add(job: Job): void {
    this.of(job).push(job);
    this.bytes += job.size;
  }

  /** Puts a job that had its turn in front of the others. */
  return(job: Job): void {
    this.of(job).unshift(job);
    this.bytes += job.size;
  }

  remove(job: Job): void {
    const queue = this.of(job);
    const at = queue.indexOf(job);
    if (at < 0) return;
    queue.splice(at, 1);
    this.bytes -= job.size;
  }

  /** The next job that still matters; a slow one only when `slowAllowed`. */
  take(slowAllowed: boolean): Job | undefined {
    const both = slowAllowed && this.slow.length > 0;
    const queue = both && (this.quick.length === 0 || this.slowNext) ? this.slow : this.quick;
    if (both) this.slowNext = queue === this.quick;
    for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
      this.bytes -= job.size;
      if (!job.settled) return job;
    }
    return undefined;
  }

  drain(): Job[] {
    this.bytes = 0;
    return [...this.quick.splice(0), ...this.slow.splice(0)];
  }

  private of(job: Job): Job[] {
    return isQuick(job) ? this.quick : this.slow;
  }
}
