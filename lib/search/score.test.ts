import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Term } from "./plan.ts";
import { complete, enough, Scores } from "./score.ts";
import { fuse } from "./fuse.ts";

const term = (weight: number, more: Partial<Term> = {}): Term => ({
  query: "'x'",
  weight,
  exactness: 1,
  seen: 1,
  absent: false,
  optional: false,
  ...more,
});
const rank = fc.double({ min: 0, max: 20, noNaN: true });
const mask = fc.integer({ min: 0, max: 15 });
const hits = fc.integer({ min: 1, max: 1_500 });

test("all the words as they were typed are worth 0.75 or more, anything less is worth less, and nothing leaves 0 to 1", () => {
  const scores = new Scores([term(4), term(2), term(1), term(0.1, { optional: true })]);
  fc.assert(
    fc.property(rank, mask, mask, mask, hits, (r, chunk, title, document, n) => {
      const score = scores.document({ rank: r, chunk, title, document }, n);
      expect(score).toBeGreaterThanOrEqual(0);
      expect(score).toBeLessThanOrEqual(1);
      expect(score >= complete).toBe(((chunk | title | document) & 7) === 7);
    }),
  );
});

test("a corrected word counts nearly as much: good enough, and less than what was typed", () => {
  const scores = new Scores([term(4, { exactness: 0.95 }), term(2)]);
  fc.assert(
    fc.property(rank, hits, (r, n) => {
      const score = scores.document({ rank: r, chunk: 3, title: 3, document: 3 }, n);
      expect(score).toBeGreaterThanOrEqual(enough);
      expect(score).toBeLessThan(complete);
    }),
  );
});

test("most of the information with the rarest word is good enough, however few of the words; the others never are", () => {
  const scores = new Scores([term(5), term(1), term(1), term(1)]);
  const many = new Scores([term(2), term(1.4), term(1.4), term(1.4), term(1.4)]);
  fc.assert(
    fc.property(rank, hits, (r, n) => {
      const at = (which: Scores, chunk: number) => which.document({ rank: r, chunk, title: chunk, document: chunk }, n);
      expect(at(scores, 0b0001)).toBeGreaterThanOrEqual(enough);
      expect(at(scores, 0b1110)).toBeLessThan(0.5);
      expect(at(many, 0b11110)).toBeLessThan(0.5);
    }),
  );
});

test("what no document has does not decide alone", () => {
  const scores = new Scores([term(5), term(2.5, { absent: true })]);
  expect(scores.chunk({ rank: 0, chunk: 1, title: 0 })).toBeGreaterThanOrEqual(enough);
});

test("more words, a word in the title and a better rank never lower a score", () => {
  const scores = new Scores([term(4), term(2), term(1), term(0.1, { optional: true })]);
  fc.assert(
    fc.property(rank, rank, mask, mask, mask, (a, b, chunk, title, more) => {
      const [low, high] = [Math.min(a, b), Math.max(a, b)];
      const base = scores.chunk({ rank: low, chunk, title });
      expect(scores.chunk({ rank: high, chunk, title })).toBeGreaterThanOrEqual(base);
      expect(scores.chunk({ rank: low, chunk: chunk | more, title })).toBeGreaterThanOrEqual(base);
      expect(scores.chunk({ rank: low, chunk, title: title | more })).toBeGreaterThanOrEqual(base);
    }),
  );
});

test("two rankings become one: both near the top wins, nothing scores less than before, order follows the score", () => {
  const words = [
    { key: "both", score: 0.7 },
    { key: "words", score: 0.7 },
  ];
  const meaning = [
    { key: "both", score: 0.5 },
    { key: "meaning", score: 0.45 },
  ];
  const fused = fuse(words, meaning);
  expect(fused.map(({ key }) => key)).toEqual(["both", "words", "meaning"]);
  for (const { key, score } of fused) {
    expect(score).toBeGreaterThanOrEqual(words.find((each) => each.key === key)?.score ?? 0);
    expect(score).toBeLessThanOrEqual(1);
  }
  expect(fuse(words, [])).toEqual(words);
});
