import type { Term } from "./plan.ts";

/**
 * Scores from 0 to 1 that only grow with what was found. What has every word as it was typed is at or above
 * `complete`; what lacks one, or has it spelt otherwise, is below, whatever its rank.
 */

export const complete = 0.6;

const completeInChunk = 0.65;
const rankShare = 0.25;
const titleShare = 0.1;
const partialShare = 0.55;
/** `ts_rank` at which half of what rank can give is given; one mention in a title has about twice that. */
const rankHalf = 0.25;
const furtherMax = 0.04;

export interface Matched {
  /** `ts_rank` of the chunk */
  readonly rank: number;
  /** bits of the terms in the chunk, in the document's title, and anywhere in the document */
  readonly chunk: number;
  readonly title: number;
  readonly document: number;
}

export class Scores {
  readonly #terms: readonly Term[];
  readonly #all: number;
  readonly #weight: number;

  constructor(terms: readonly Term[]) {
    this.#terms = terms;
    this.#all = 2 ** terms.length - 1;
    this.#weight = terms.reduce((sum, term) => sum + term.weight, 0);
  }

  /** How well a chunk fits, together with its document's title. */
  chunk({ rank, chunk, title }: Pick<Matched, "rank" | "chunk" | "title">): number {
    const r = rank / (rank + rankHalf);
    const t = this.#share(title);
    if (this.#isComplete(chunk)) return completeInChunk + rankShare * r + titleShare * t;
    if (this.#isComplete(chunk | title)) return complete + rankShare * r + titleShare * t;
    return partialShare * this.#share(chunk | title) * (0.8 + 0.2 * r);
  }

  /** How well a document fits whose best chunk this is; `hits` = its chunks that match, at least 1. */
  document(matched: Matched, hits: number): number {
    const further = Math.min(furtherMax, Math.log2(hits) / 100);
    const best = this.chunk(matched);
    if (best >= complete) return Math.min(1, best + further);
    const everything = matched.chunk | matched.title | matched.document;
    if (this.#isComplete(everything)) return complete + best / 10 + further;
    return partialShare * this.#share(everything) * (0.8 + (0.2 * matched.rank) / (matched.rank + rankHalf)) + further;
  }

  /** Every term, as it was typed. */
  #isComplete(mask: number): boolean {
    return (mask & this.#all) === this.#all && this.#terms.every((term) => term.exactness === 1);
  }

  /** The part of all that was asked for, 0 to 1, rare words counting for more. */
  #share(mask: number): number {
    const sum = this.#terms.reduce(
      (total, term, i) => (mask & (1 << i) ? total + term.weight * term.exactness : total),
      0,
    );
    return this.#weight === 0 ? 0 : sum / this.#weight;
  }
}
