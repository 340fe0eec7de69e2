import type { Ctx } from "../types.ts";
import type { ItemChange } from "./targets.ts";

/** The document limit while a run goes on: new files are let through in the order they come, as far as it reaches. */
export class Allowance {
  readonly #known: Ctx<object>["known"];
  readonly #let = new Set<string>();
  #left: number;

  constructor(ctx: Pick<Ctx<object>, "known" | "limit">) {
    this.#known = ctx.known;
    this.#left = ctx.limit;
  }

  get usedUp(): boolean {
    return this.#left <= 0;
  }

  /**
   * @param strict also files that failed or were skipped before count: they may be stored this time. Where every file is
   *   met again later anyway they do not, or a few that always fail would use the limit up for ever.
   */
  async split(
    changes: readonly ItemChange[],
    strict: boolean,
  ): Promise<{ readonly take: readonly ItemChange[]; readonly wait: readonly ItemChange[] }> {
    const ids = changes.flatMap((change) => (change.type === "upsert" ? change.item.id : []));
    const known = new Map<string, "stored" | "skipped" | "failed">();
    for (let at = 0; at < ids.length; at += 5_000) {
      for (const [id, { state }] of await this.#known.get(ids.slice(at, at + 5_000))) known.set(id, state);
    }
    const take: ItemChange[] = [];
    const wait: ItemChange[] = [];
    for (const change of changes) {
      if (change.type !== "upsert") {
        take.push(change);
        continue;
      }
      const { id } = change.item;
      const state = known.get(id);
      if (state === "stored" || this.#let.has(id) || (state !== undefined && !strict)) take.push(change);
      else if (this.#left > 0) {
        this.#left--;
        this.#let.add(id);
        take.push(change);
      } else if (state === undefined) wait.push(change);
      // The engine decides about one that was tried before.
      else take.push(change);
    }
    return { take, wait };
  }
}
