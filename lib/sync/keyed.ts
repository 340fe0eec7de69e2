import { keyText, lookup, scanDocuments, scanIssues, type Stored } from "./lookup.ts";

type OnAbsent = (documents: readonly Buffer[], issues: readonly Buffer[]) => Promise<void>;

/**
 * Merge-join of a listing in ascending order of keys with what is stored: reads exactly the stored rows between the
 * previous key and the last one of each group, so memory stays flat however many keys there are. Stored rows the
 * listing passed by are absent.
 */
export class KeyedScan {
  readonly #connectionId: string;
  readonly #runId: string;
  /** everything up to here has been compared */
  #scanned: Buffer | null;
  /** last key decided */
  #passed: Buffer | null;
  #first = true;
  /** the connector began again although it was given a checkpoint */
  restarted = false;

  constructor(connectionId: string, runId: string, position: Buffer | null) {
    this.#connectionId = connectionId;
    this.#runId = runId;
    this.#scanned = position;
    this.#passed = position;
  }

  /** Last key decided so far: where a checkpoint taken now stands. */
  get passed(): Buffer | null {
    return this.#passed;
  }

  /** Notes that an item is decided now; true = this very key was the one before. */
  isRepeat(key: Buffer): boolean {
    const order = this.#passed === null ? 1 : key.compare(this.#passed);
    if (order > 0) this.#passed = key;
    return order === 0;
  }

  /**
   * Adds what is stored for `keys` to `into` and reports what is absent before the last of them.
   * False = the keys were not in order: absence cannot be told from this listing.
   */
  async advance(keys: readonly Buffer[], into: Stored, onAbsent: OnAbsent): Promise<boolean> {
    const [first, last] = [keys[0], keys.at(-1)];
    if (!first || !last) return true;
    if (this.#first && this.#scanned !== null && first.compare(this.#scanned) <= 0) {
      this.restarted = true;
      this.#scanned = null;
      this.#passed = null;
    }
    this.#first = false;
    if (!this.#ascending(keys)) {
      const stored = await lookup(this.#connectionId, this.#runId, keys);
      for (const [key, document] of stored.documents) into.documents.set(key, document);
      for (const [key, issue] of stored.issues) into.issues.set(key, issue);
      return false;
    }
    const listed = new Set(keys.map(keyText));
    await this.#scan(this.#scanned, last, listed, into, onAbsent);
    this.#scanned = last;
    return true;
  }

  #ascending(keys: readonly Buffer[]): boolean {
    let previous = this.#scanned;
    for (const [i, key] of keys.entries()) {
      const order = previous === null ? 1 : key.compare(previous);
      if (order < 0 || (order === 0 && i === 0 && this.#passed === null)) return false;
      previous = key;
    }
    return true;
  }

  async #scan(
    after: Buffer | null,
    upTo: Buffer | null,
    listed: ReadonlySet<string>,
    into: Stored,
    onAbsent: OnAbsent,
  ): Promise<void> {
    for await (const page of scanDocuments(this.#connectionId, this.#runId, after, upTo)) {
      const absent: Buffer[] = [];
      for (const document of page) {
        const key = keyText(document.key);
        if (listed.has(key)) into.documents.set(key, document);
        else if (document.live && !document.missingNow) absent.push(document.key);
      }
      await onAbsent(absent, []);
    }
    for await (const page of scanIssues(this.#connectionId, this.#runId, after, upTo)) {
      const absent: Buffer[] = [];
      for (const issue of page) {
        const key = keyText(issue.key);
        if (listed.has(key)) into.issues.set(key, issue);
        else absent.push(issue.key);
      }
      await onAbsent([], absent);
    }
  }

  /** Reports what is absent behind the last listed key. */
  async tail(onAbsent: OnAbsent): Promise<void> {
    await this.#scan(this.#scanned, null, new Set(), { documents: new Map(), issues: new Map() }, onAbsent);
  }
}
