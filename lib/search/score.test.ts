import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Term } from "./plan.ts";
import { complete, Scores } from "./score.ts";
import { fuse } from "./fuse.ts";

const term = (weight: number, exactness = 1): Term => ({ query: "'x'", weight, exactness, seen: 1, absent: false });
const rank = fc.double({ min: 0, max: 20, noNaN: true });
const mask = fc.integer({ min: 0, max: 7 });
const hits = fc.integer({ min: 1, max: 1_500 });

test("all the words as they were typed are worth 0.6 or more, anything less is worth less, and nothing leaves 0 to 1", () => {
  const scores = new Scores([term(0.2), term(0.1), term(0.05)]);
  fc.assert(
    fc.property(rank, mask, mask, mask, hits, (r, chunk, title, document, n) => {
      const score = scores.document({ rank: r, chunk, title, document }, n);
      expect(score).toBeGreaterThanOrEqual(0);
      expect(score).toBeLessThanOrEqual(1);
      expect(score >= complete).toBe((chunk | title | document) === 7);
    }),
  );
});

test("a document with a word that had to be guessed stays below 0.6", () => {
  const scores = new Scores([term(0.2, 0.75), term(0.1)]);
  fc.assert(
    fc.property(rank, hits, (r, n) => {
      expect(scores.document({ rank: r, chunk: 3, title: 3, document: 3 }, n)).toBeLessThan(complete);
    }),
  );
});

test("more words, a word in the title and a better rank never lower a score", () => {
  const scores = new Scores([term(0.2), term(0.1), term(0.05)]);
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
