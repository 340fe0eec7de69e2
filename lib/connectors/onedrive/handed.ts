import type { Change, Ctx } from "../types.ts";
import type { Named } from "./items.ts";

type Delete = Extract<Change<never>, { type: "delete" }>;

/** More of them, and the next run walks through everything instead. */
const mostAgain = 1_000;

/**
 * What this run has named already. The engine takes one verdict about an item from a run: what comes after it is put off
 * to the end of the run (deletions) or to the next one (changes), so that the last state wins.
 */
export class Handed {
  readonly #versions = new Map<string, string>();
  readonly #again = new Set<string>();
  readonly #gone = new Map<string, Delete>();
  #tooMany = false;

  get size(): number {
    return this.#versions.size;
  }

  has(id: string): boolean {
    return this.#versions.has(id);
  }

  /** Named by this run before it was taken over. @returns whether there was anything */
  async recall(ctx: Pick<Ctx<object>, "known">): Promise<boolean> {
    for await (const page of ctx.known.seenThisRun()) {
      for (const { id, version } of page) this.#versions.set(id, version ?? "");
    }
    return this.#versions.size > 0;
  }

  /** To be asked for by the next run. */
  get again(): string[] {
    return this.#tooMany ? [] : [...this.#again];
  }

  /** More changed meanwhile than is worth remembering. */
  get tooMany(): boolean {
    return this.#tooMany;
  }

  /** Those of these that are new to this run; the others are put off if they changed. */
  fresh(named: readonly Named[]): readonly Named[] {
    return named.filter(({ item }) => {
      const before = this.#versions.get(item.id);
      this.#gone.delete(item.id);
      if (before === undefined) return true;
      if (before !== item.version) this.postpone(item.id);
      return false;
    });
  }

  add(named: readonly Named[]): void {
    for (const { item } of named) this.#versions.set(item.id, item.version);
  }

  /** To be asked for by the next run. */
  postpone(id: string): void {
    this.#again.add(id);
    if (this.#again.size > mostAgain) this.#tooMany = true;
  }

  /** Deletions that may be named now; the others wait for late(). */
  remove(ids: readonly string[], detail?: string): readonly Delete[] {
    return ids.flatMap((id) => {
      const change: Delete = { type: "delete", id, ...(detail === undefined ? {} : { detail }) };
      this.#again.delete(id);
      if (!this.#versions.has(id)) return [change];
      this.#gone.set(id, change);
      return [];
    });
  }

  /** Deletions of what this run itself has named: to be named once that is stored. */
  late(): readonly Delete[] {
    return [...this.#gone.values()];
  }
}
