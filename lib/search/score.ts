import type { Term } from "./plan.ts";

/**
 * Scores from 0 to 1 that only grow with what was found. What has every word as it was typed is at or above `complete`;
 * what lacks one, or has it spelt otherwise, is below, and scores by how much of the query's information it has: `enough`
 * if it is most of it.
 */

export const complete = 0.75;
/** Good enough for an answer: the default threshold of /v4/search. */
export const enough = 0.6;

const completeInChunk = 0.78;
/** What all words leave to be gained: by those that need not be there, by rank, by the title. */
const optionalShare = 0.04;
const rankShare = 0.1;
const titleShare = 0.08;
/** Of the query's information, what makes the difference between sharing words and being about the same. */
const most = 0.55;
/** Highest score with less than that, and without the rarest word: then it is other words that are shared. */
const fewMax = 0.56;
const commonMax = 0.45;
/** A word that tells nearly as much as the rarest one is as good as that. */
const nearlyRarest = 0.8;
const curve = 1.3;
const partialMax = 0.715;
const partialRankShare = 0.02;
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
  /** bits of the terms that are not optional */
  readonly #required: number;
  /** bits of the terms without one of which nothing is about the same */
  readonly #rare: number;
  readonly #weight: number;

  constructor(terms: readonly Term[]) {
    this.#terms = terms;
    const bits = (wanted: (term: Term) => boolean) =>
      terms.reduce((mask, term, i) => (wanted(term) ? mask | (1 << i) : mask), 0);
    const known = terms.filter((term) => !term.optional && !term.absent);
    const rarest = Math.max(0, ...known.map((term) => term.weight));
    this.#required = bits((term) => !term.optional);
    this.#rare = bits((term) => !term.optional && term.weight >= rarest * nearlyRarest);
    this.#weight = terms.reduce((sum, term) => sum + term.weight, 0);
  }

  /** How well a chunk fits, together with its document's title. */
  chunk({ rank, chunk, title }: Pick<Matched, "rank" | "chunk" | "title">): number {
    const both = chunk | title;
    const r = rank / (rank + rankHalf);
    if (!this.#isComplete(both)) return this.#partial(both, r);
    const base = this.#isComplete(chunk) ? completeInChunk : complete;
    return base + optionalShare * this.#share(both) + rankShare * r + titleShare * this.#share(title);
  }

  /** How well a document fits whose best chunk this is; `hits` = its chunks that match, at least 1. */
  document(matched: Matched, hits: number): number {
    const further = Math.min(furtherMax, Math.log2(hits) / 100);
    const best = this.chunk(matched);
    if (best >= complete) return Math.min(1, best + further);
    const everything = matched.chunk | matched.title | matched.document;
    if (this.#isComplete(everything)) return complete + best / 25 + further;
    return this.#partial(everything, matched.rank / (matched.rank + rankHalf)) + further / 4;
  }

  /** @param rank 0 to 1 */
  #partial(mask: number, rank: number): number {
    const share = this.#share(mask);
    const ranked = partialRankShare * rank;
    if (share >= most && (mask & this.#rare) !== 0)
      return enough + ((partialMax - enough) * (share - most)) / (1 - most) + ranked;
    const few = fewMax * Math.min(1, share / most) ** curve;
    return ((mask & this.#rare) === 0 ? Math.min(commonMax, few) : few) + ranked;
  }

  /** Every term that is not optional, as it was typed. */
  #isComplete(mask: number): boolean {
    return (
      (mask & this.#required) === this.#required && this.#terms.every((term) => term.optional || term.exactness === 1)
    );
  }

  /** The part of all information that was asked for, 0 to 1. */
  #share(mask: number): number {
    const sum = this.#terms.reduce(
      (total, term, i) => (mask & (1 << i) ? total + term.weight * term.exactness : total),
      0,
    );
    return this.#weight === 0 ? 0 : Math.min(1, sum / this.#weight);
  }
}
