import { createHash } from "node:crypto";

/** Keys are strings with one character per byte, so that comparing strings compares bytes. */
export type ByteKey = string;

export interface StoredObject {
  readonly key: ByteKey;
  readonly etag: string;
  readonly size: number;
  readonly modified: Date;
  readonly storageClass: string;
  readonly contentType: string;
  readonly contentEncoding?: string;
  /** readable: 200 · denied: 403 · sse-c: 400 · archived: InvalidObjectState · vanished: listed, but 404 */
  readonly access: "readable" | "denied" | "sse-c" | "kms" | "archived" | "vanished";
}

/** A bucket's objects in the order of their keys. */
export interface Objects {
  readonly count: number;
  at(index: number): StoredObject;
  find(key: ByteKey): StoredObject | undefined;
  body(object: StoredObject): Buffer;
}

/** First index whose key is not before `key`. */
export function lowerBound(objects: Objects, key: ByteKey): number {
  let low = 0;
  let high = objects.count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (objects.at(middle).key < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

export interface PutOptions {
  readonly etag?: string;
  /** listed size, if it is not the body's */
  readonly size?: number;
  readonly modified?: Date;
  readonly storageClass?: string;
  readonly contentType?: string;
  readonly contentEncoding?: string;
  readonly access?: StoredObject["access"];
}

/** Objects that were put, in memory. */
export class MemoryObjects implements Objects {
  readonly #objects = new Map<ByteKey, { readonly object: StoredObject; readonly body: Buffer }>();
  #sorted: readonly StoredObject[] | undefined;

  get count(): number {
    return this.#objects.size;
  }

  at(index: number): StoredObject {
    this.#sorted ??= Array.from(this.#objects.values(), ({ object }) => object).toSorted((a, b) =>
      a.key < b.key ? -1 : 1,
    );
    const object = this.#sorted[index];
    if (!object) throw new RangeError(`no object ${index}`);
    return object;
  }

  find(key: ByteKey): StoredObject | undefined {
    return this.#objects.get(key)?.object;
  }

  body(object: StoredObject): Buffer {
    return this.#objects.get(object.key)?.body ?? Buffer.alloc(0);
  }

  put(key: ByteKey, body: Buffer, options: PutOptions): void {
    const object: StoredObject = {
      key,
      etag: options.etag ?? createHash("md5").update(body).digest("hex"),
      size: options.size ?? body.length,
      modified: options.modified ?? new Date(),
      storageClass: options.storageClass ?? "STANDARD",
      contentType: options.contentType ?? "text/plain; charset=utf-8",
      ...(options.contentEncoding === undefined ? {} : { contentEncoding: options.contentEncoding }),
      access: options.access ?? "readable",
    };
    this.#objects.set(key, { object, body });
    this.#sorted = undefined;
  }

  delete(key: ByteKey): void {
    this.#objects.delete(key);
    this.#sorted = undefined;
  }
}

/**
 * So many objects that nobody wants to keep them: keys, ETags and texts follow from their number. `removed` and
 * `revision` let a second run see changes without a list of them.
 */
export class SyntheticObjects implements Objects {
  readonly #total: number;
  readonly #bytes: number;
  readonly #digits: number;
  /** objects with these numbers have another content than at first */
  readonly changed = new Set<number>();

  constructor(total: number, bytes = 4096) {
    this.#total = total;
    this.#bytes = bytes;
    this.#digits = Math.max(7, String(total - 1).length);
  }

  get count(): number {
    return this.#total;
  }

  at(index: number): StoredObject {
    const digits = String(index).padStart(this.#digits, "0");
    const revision = this.changed.has(index) ? 1 : 0;
    const hex = Math.imul(index + 1 + revision * 7_919, 2_654_435_761) >>> 0;
    return {
      key: `docs/${digits.slice(0, -4)}/page-${digits}.txt`,
      etag: hex.toString(16).padStart(8, "0").repeat(4),
      size: this.#bytes,
      modified: new Date(1_767_323_045_000 + revision * 1000),
      storageClass: "STANDARD",
      contentType: "text/plain; charset=utf-8",
      access: "readable",
    };
  }

  find(key: ByteKey): StoredObject | undefined {
    const index = Number(/(\d+)\.txt$/.exec(key)?.[1] ?? Number.NaN);
    if (!Number.isInteger(index) || index < 0 || index >= this.#total) return undefined;
    const object = this.at(index);
    return object.key === key ? object : undefined;
  }

  body(object: StoredObject): Buffer {
    const line = `${object.key} is page ${object.etag} of the generated set.\n`;
    return Buffer.alloc(object.size, line);
  }
}
