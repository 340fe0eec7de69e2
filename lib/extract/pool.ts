import path from "node:path";
import { Worker } from "node:worker_threads";
import { COPIED, JobQueue, isQuick } from "./job-queue.ts";
import type { Job } from "./job-queue.ts";
import type { Reply, Request, Work } from "./jobs.ts";
import { extractPlain } from "./plain.ts";
import { ExtractError } from "./types.ts";
import type { ExtractInput, Extracted, Extractor, Page, PageInput } from "./types.ts";

/** Sizes in bytes, times in milliseconds. */
export interface ExtractorOptions {
  /** worker threads, started when first needed */
  readonly threads?: number;
  /** largest file, and largest web page */
  readonly maxBytes?: number;
  readonly maxPageBytes?: number;
  /** longest job, and longest web page */
  readonly timeout?: number;
  readonly pageTimeout?: number;
  /** heap of one thread; as much again outside of it (buffers) */
  readonly maxMemory?: number;
  /** jobs, and bytes, that may wait for a thread; more are refused */
  readonly maxWaiting?: number;
  readonly maxWaitingBytes?: number;
  /** the module the threads run; tests put broken ones in its place */
  readonly thread?: URL | string;
}

const MiB = 1024 * 1024;
const defaults = {
  threads: 2,
  maxBytes: 50 * MiB,
  maxPageBytes: 10 * MiB,
  timeout: 20_000,
  pageTimeout: 5_000,
  maxMemory: 256 * MiB,
  maxWaiting: 2_000,
  maxWaitingBytes: 512 * MiB,
  // Not from import.meta: the web process runs a bundle of this. Every process of ours runs in the project's folder.
  thread: path.resolve("lib", "extract", "thread.ts"),
};

/** Jobs handed to one thread: one it works on and the next, so that it never waits for us. */
const AHEAD = 2;
/** After this time those waiting behind a running job may go to another thread. */
const RELEASE_AFTER = 25;
/** How often a running job's memory outside of the heap is looked at. */
const WATCH_EVERY = 250;
/** Longest start of a thread, on a busy machine. */
const START_LIMIT = 15_000;

/** One thread and the jobs it was given; the first of them is the one it works on. */
interface Slot {
  worker: Worker | null;
  online: boolean;
  readonly jobs: Job[];
  timer: NodeJS.Timeout | undefined;
  release: NodeJS.Timeout | undefined;
  watch: NodeJS.Timeout | undefined;
}

class Pool implements Extractor {
  private readonly options: Required<ExtractorOptions>;
  private readonly slots: Slot[];
  private readonly queue = new JobQueue();
  private nextId = 1;
  private closed = false;

  constructor(options: ExtractorOptions) {
    this.options = { ...defaults, ...options };
    this.slots = Array.from({ length: Math.max(1, this.options.threads) }, () => ({
      worker: null,
      online: false,
      jobs: [],
      timer: undefined,
      release: undefined,
      watch: undefined,
    }));
  }

  async extract(input: ExtractInput, signal?: AbortSignal): Promise<Extracted> {
    signal?.throwIfAborted();
    checkSize(input.bytes, this.options.maxBytes);
    const plain = extractPlain(input);
    if (plain !== undefined) return plain;
    return (await this.submit({ kind: "extract", input }, this.options.timeout, signal)) as Extracted;
  }

  async page(input: PageInput, signal?: AbortSignal): Promise<Page> {
    signal?.throwIfAborted();
    checkSize(input.bytes, this.options.maxPageBytes);
    return (await this.submit({ kind: "page", input }, this.options.pageTimeout, signal)) as Page;
  }

  async close(): Promise<void> {
    this.closed = true;
    const error = new ExtractError("timeout", "The extractor was closed.");
    for (const job of this.queue.drain()) this.settle(job, () => job.reject(error));
    await Promise.all(
      this.slots.map(async (slot) => {
        for (const job of slot.jobs.splice(0)) this.settle(job, () => job.reject(error));
        await this.stop(slot);
      }),
    );
  }

  private submit(work: Work, limit: number, signal: AbortSignal | undefined): Promise<Page | Extracted> {
    const size = work.input.bytes.byteLength;
    if (this.closed) return Promise.reject(new ExtractError("timeout", "The extractor was closed."));
    if (!this.queue.hasRoom(size, this.options.maxWaiting, this.options.maxWaitingBytes)) {
      return Promise.reject(new ExtractError("memory", "Too many files wait to be read; try again later."));
    }
    const { promise, resolve, reject } = Promise.withResolvers<Page | Extracted>();
    const job: Job = {
      id: this.nextId++,
      work,
      size,
      limit,
      resolve,
      reject,
      attempts: 0,
      settled: false,
      released: false,
    };
    this.queue.add(job);
    this.dispatch();
    if (signal === undefined) return promise;
    const abort = () => this.abort(job, signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    return promise.finally(() => signal.removeEventListener("abort", abort));
  }

  /** A waiting job is forgotten; a running one goes on within its limits, its result is ignored. */
  private abort(job: Job, reason: unknown): void {
    this.queue.remove(job);
    this.settle(job, () => job.reject(reason));
  }

  private dispatch(): void {
    if (this.closed) return;
    // Idle threads first, so that nobody waits behind a neighbour while another thread has nothing to do.
    for (let depth = 0; depth < AHEAD; depth++) {
      for (const slot of this.slots) {
        if (slot.jobs.length !== depth) continue;
        const job = this.take(slot);
        if (job !== undefined) this.give(slot, job);
      }
    }
  }

  /** The next job for this thread. Slow ones leave a thread for the quick, and nothing is queued around them. */
  private take(slot: Slot): Job | undefined {
    const behind = slot.jobs[0];
    if (behind !== undefined && !isQuick(behind)) return undefined;
    const slowRunning = this.slots.filter((other) => other.jobs[0] !== undefined && !isQuick(other.jobs[0])).length;
    return this.queue.take(behind === undefined && slowRunning < Math.max(1, this.slots.length - 1));
  }

  private give(slot: Slot, job: Job): void {
    job.attempts++;
    const worker = (slot.worker ??= this.start(slot));
    slot.jobs.push(job);
    worker.ref();
    if (slot.jobs.length === 1) this.watchFirst(slot);
    const { work, id } = job;
    const bytes = whole(work.input.bytes, job.size <= COPIED);
    const request = { ...work, id, input: { ...work.input, bytes } } as Request;
    worker.postMessage(request, job.size <= COPIED ? [] : [bytes.buffer as ArrayBuffer]);
  }

  private start(slot: Slot): Worker {
    const megabytes = Math.max(16, Math.round(this.options.maxMemory / MiB));
    const worker = new Worker(this.options.thread, {
      resourceLimits: { maxOldGenerationSizeMb: megabytes, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 },
      // Documents have no business with our configuration.
      env: {},
      argv: [],
      execArgv: ["--no-warnings"],
      // Not ours, and never read: a stream that is read keeps the process alive, idle thread or not (see thread.ts).
      stdout: true,
      stderr: true,
    });
    slot.online = false;
    worker.once("online", () => {
      if (slot.worker !== worker) return;
      slot.online = true;
      // The clock of the first job starts with the thread, not before.
      if (slot.jobs.length > 0) this.watchFirst(slot);
    });
    worker.on("message", (reply: Reply) => this.finish(slot, worker, reply));
    worker.on("error", (error: Error & { code?: string }) => {
      const memory = error.code === "ERR_WORKER_OUT_OF_MEMORY";
      this.fail(slot, worker, memory ? outOfMemory() : new ExtractError("broken", "Reading the file stopped midway."));
    });
    worker.on("exit", () => this.fail(slot, worker, new ExtractError("broken", "Reading the file stopped midway.")));
    return worker;
  }

  private finish(slot: Slot, worker: Worker, reply: Reply): void {
    if (slot.worker !== worker) return;
    const job = slot.jobs[0];
    if (job === undefined || job.id !== reply.id) return;
    slot.jobs.shift();
    this.unwatch(slot);
    this.settle(job, () => {
      if ("value" in reply) job.resolve(reply.value);
      else job.reject(new ExtractError(reply.reason, reply.message));
    });
    if (reply.heavy && slot.jobs.length === 0) void this.stop(slot);
    else if (slot.jobs.length > 0) this.watchFirst(slot);
    else worker.unref();
    this.dispatch();
  }

  /** Ends the thread. The job it worked on fails; those it was given ahead go to another. */
  private fail(slot: Slot, worker: Worker, error: ExtractError): void {
    if (slot.worker !== worker) return;
    const [first, ...ahead] = slot.jobs.splice(0);
    void this.stop(slot);
    if (first !== undefined) this.settle(first, () => first.reject(error));
    for (const job of ahead.toReversed()) {
      if (job.settled || job.released) continue;
      if (job.attempts > 2) this.settle(job, () => job.reject(error));
      else this.queue.return(job);
    }
    this.dispatch();
  }

  private async stop(slot: Slot): Promise<void> {
    const { worker } = slot;
    slot.worker = null;
    this.unwatch(slot);
    await worker?.terminate();
  }

  private settle(job: Job, how: () => void): void {
    if (job.settled) return;
    job.settled = true;
    how();
  }

  /** Starts the clock of the job a thread works on now. */
  private watchFirst(slot: Slot): void {
    const { worker } = slot;
    const job = slot.jobs[0];
    if (worker === null || job === undefined) return;
    this.unwatch(slot);
    const limit = slot.online ? job.limit : START_LIMIT;
    slot.timer = setTimeout(() => {
      this.fail(slot, worker, new ExtractError("timeout", `Reading the file took longer than ${limit / 1000} s.`));
    }, limit);
    slot.release = setTimeout(() => this.releaseWaiting(slot), RELEASE_AFTER);
    slot.watch = setInterval(() => void this.checkMemory(slot, worker), WATCH_EVERY);
    slot.watch.unref();
  }

  /** What waits behind a long job is offered to the other threads; this one skips nothing, its answer may be late. */
  private releaseWaiting(slot: Slot): void {
    for (const job of slot.jobs.slice(1)) {
      if (job.settled || job.released) continue;
      job.released = true;
      this.queue.return(job);
    }
    this.dispatch();
  }

  private unwatch(slot: Slot): void {
    clearTimeout(slot.timer);
    clearTimeout(slot.release);
    clearInterval(slot.watch);
  }

  /** The heap limit does not count buffers; this does. */
  private async checkMemory(slot: Slot, worker: Worker): Promise<void> {
    const job = slot.jobs[0];
    const heap = await worker.getHeapStatistics().catch(() => undefined);
    if (heap === undefined || job === undefined || slot.jobs[0] !== job) return;
    if (heap.external_memory > this.options.maxMemory + job.size) this.fail(slot, worker, outOfMemory());
  }
}

function outOfMemory(): ExtractError {
  return new ExtractError("memory", "Reading this file needs more memory than one file may use.");
}

const megabytes = (size: number) => `${(size / MiB).toFixed(1)} MB`;

function checkSize(bytes: Uint8Array, limit: number): void {
  if (bytes.byteLength <= limit) return;
  throw new ExtractError(
    "too_large",
    `The file has ${megabytes(bytes.byteLength)}; at most ${megabytes(limit)} are read.`,
  );
}

/** The bytes alone in a buffer of their own, so that they can be moved without taking others along. */
function whole(bytes: Uint8Array, copy: boolean): Uint8Array {
  const alone = bytes.byteOffset === 0 && bytes.byteLength === bytes.buffer.byteLength;
  if (copy && alone) return bytes;
  return alone && bytes.buffer instanceof ArrayBuffer ? new Uint8Array(bytes.buffer) : new Uint8Array(bytes);
}

/** Threads that turn bytes into Markdown; call close() when done. */
export function createExtractor(options: ExtractorOptions = {}): Extractor {
  return new Pool(options);
}

let shared: Extractor | undefined;

/** The one pool of this process; it is never closed, its idle threads do not keep the process alive. */
export function sharedExtractor(): Extractor {
  return (shared ??= createExtractor());
}
