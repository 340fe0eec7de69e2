import { decodeKey, encodeKey } from "#lib/contract/key.ts";
import { EgressError } from "#lib/egress/types.ts";
import { type Failure } from "../types.ts";
import type { S3Client } from "./client.ts";
import { StoreError } from "./store-error.ts";

/** Reads refused, none allowed, until it is asked whether the run lacks the permission altogether. */
const mostRefused = 10;
const mostSamples = 16;

/** What the readers of a run have learned together: whether the key may read anything at all. */
export class Reads {
  allowed = 0;
  /** whether the credentials still may list; asked once for all readers */
  probe: Promise<Failure | undefined> | undefined;
  #refused = 0;
  #lane: Promise<unknown> = Promise.resolve();
  #nothing: Promise<boolean> | undefined;
  /** keys worth reading, spread over what was listed so far */
  #samples: string[] = [];
  #stride = 1;
  #since = 0;

  /** An object that the listing names and that is worth reading. */
  listed(key: string): void {
    if (++this.#since < this.#stride) return;
    this.#since = 0;
    // A copy: a slice of the page's text would keep the whole page in memory.
    this.#samples.push(decodeKey(encodeKey(key)));
    if (this.#samples.length <= mostSamples) return;
    this.#samples = this.#samples.filter((_, i) => i % 2 === 1);
    this.#stride *= 2;
  }

  /** One piece of work after the other, for what may hold much memory. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#lane.then(work);
    this.#lane = done.catch(() => {});
    return done;
  }

  /**
   * One object was refused (403). @returns whether the key may read nothing at all: a folder that is closed to it comes
   * first in the listing as easily as last, so objects from everywhere are tried before the run is given up.
   */
  async refused(client: S3Client, signal: AbortSignal): Promise<boolean> {
    this.#refused++;
    if (this.allowed > 0 || this.#refused < mostRefused) return false;
    return (this.#nothing ??= this.#mayReadNothing(client, signal));
  }

  async #mayReadNothing(client: S3Client, signal: AbortSignal): Promise<boolean> {
    for (const key of this.#samples) {
      try {
        await (await client.get({ key, headers: { range: "bytes=0-0" }, signal, retries: 0 })).discard();
        this.allowed++;
      } catch (error) {
        if (error instanceof StoreError && error.code === "InvalidObjectState") this.allowed++;
        else if (!(error instanceof StoreError) && !(error instanceof EgressError)) throw error;
      }
      if (this.allowed > 0) return false;
    }
    return this.allowed === 0;
  }
}

const reads = new WeakMap<S3Client, Reads>();

/** Shared by the listing and the readers of a run. */
export function readsOf(client: S3Client): Reads {
  let found = reads.get(client);
  if (!found) reads.set(client, (found = new Reads()));
  return found;
}
