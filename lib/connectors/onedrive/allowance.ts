import type { Ctx, KnownItem } from "../types.ts";
import type { Named } from "./items.ts";

/** Ids that may be asked for at once. */
const mostIds = 5_000;

export interface Afforded {
  readonly given: readonly Named[];
  /** new ones that have to wait for later runs */
  readonly left: readonly Named[];
}

/** How many new documents this run may still name. What is stored already costs nothing. */
export class Allowance {
  readonly #ctx: Pick<Ctx<object>, "known">;
  #remaining: number;
  #stored = 0;

  constructor(ctx: Pick<Ctx<object>, "known" | "limit">) {
    this.#ctx = ctx;
    this.#remaining = ctx.limit;
  }

  /** How many of those named so far were stored before. */
  get stored(): number {
    return this.#stored;
  }

  /** Whether some of these would have to wait. Changes nothing. */
  async exceededBy(upserts: readonly Named[]): Promise<boolean> {
    if (upserts.length <= this.#remaining) return false;
    const known = await this.#known(upserts);
    return upserts.filter(({ item }) => !known.has(item.id)).length > this.#remaining;
  }

  /**
   * @param all items that were skipped or failed before are to be named as well (a complete listing: what it leaves out is
   * forgotten). Otherwise they may be left out: the engine reads again what is worth it.
   */
  async afford(upserts: readonly Named[], all: boolean): Promise<Afforded> {
    const known = await this.#known(upserts);
    const [stored, fresh, judged]: [Named[], Named[], Named[]] = [[], [], []];
    for (const each of upserts) {
      const before = known.get(each.item.id);
      if (before?.state === "stored") stored.push(each);
      else if (before?.version === each.item.version) judged.push(each);
      else fresh.push(each);
    }
    this.#stored += stored.length;
    // New ones first: many that can never be read must not keep them waiting for ever.
    const taken = this.#take(fresh);
    const retried = this.#take(judged);
    return {
      given: [...stored, ...taken, ...retried],
      left: [...fresh.slice(taken.length), ...(all ? judged.slice(retried.length) : [])],
    };
  }

  #take(from: readonly Named[]): readonly Named[] {
    const taken = from.slice(0, this.#remaining);
    this.#remaining -= taken.length;
    return taken;
  }

  async #known(upserts: readonly Named[]): Promise<ReadonlyMap<string, KnownItem>> {
    const known = new Map<string, KnownItem>();
    for (let at = 0; at < upserts.length; at += mostIds) {
      const ids = upserts.slice(at, at + mostIds).map(({ item }) => item.id);
      for (const [id, item] of await this.#ctx.known.get(ids)) known.set(id, item);
    }
    return known;
  }
}
