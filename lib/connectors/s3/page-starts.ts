import { decodeKey, encodeKey } from "#lib/contract/key.ts";

/** More would only make the cursor larger: 512 ranges keep 16 requests busy for many millions of keys. */
const maxStarts = 512;
/** The cursor is written with every batch. */
const maxCharacters = 64 * 1024;

/**
 * Keys at which pages end, gathered while a listing goes by: every 1,000th key, thinned out to every second one
 * whenever there are too many.
 */
export class PageStarts {
  readonly #pageSize: number;
  #stride: number;
  #keys: string[];
  #characters: number;
  #since = 0;

  /** @param keys those gathered before this run was interrupted, with their stride in pages */
  constructor(keys: readonly string[] = [], stride = 1, pageSize = 1000) {
    this.#pageSize = pageSize;
    this.#keys = [...keys];
    this.#stride = stride;
    this.#characters = keys.reduce((sum, key) => sum + key.length, 0);
  }

  get keys(): readonly string[] {
    return this.#keys;
  }

  get stride(): number {
    return this.#stride;
  }

  add(key: string): void {
    if (++this.#since < this.#stride * this.#pageSize) return;
    this.#since = 0;
    // A copy: a slice of the page's text would keep the whole page in memory.
    this.#keys.push(decodeKey(encodeKey(key)));
    this.#characters += key.length;
    while (this.#keys.length > maxStarts || this.#characters > maxCharacters) this.#thin();
  }

  #thin(): void {
    this.#keys = this.#keys.filter((_, i) => i % 2 === 1);
    this.#characters = this.#keys.reduce((sum, key) => sum + key.length, 0);
    this.#stride *= 2;
  }
}
