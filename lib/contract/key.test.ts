import { describe, expect, it } from "vitest";
import { compareBytes, compareKeys, decodeKey, encodeKey, printableKey } from "./key.ts";

/** Repeatable pseudo-random numbers: a failing run can be run again. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

describe("keys", () => {
  it("every byte string has one text and comes back exactly", () => {
    const next = random(7);
    for (let round = 0; round < 20_000; round++) {
      const bytes = Uint8Array.from({ length: Math.floor(next() * 12) }, () =>
        next() < 0.5
          ? Math.floor(next() * 256)
          : ([0xc3, 0xa9, 0xf0, 0x9f, 0x98, 0x80, 0xed, 0xa0, 0xef, 0xbb, 0xbf, 0][Math.floor(next() * 12)] ?? 0),
      );
      expect(encodeKey(decodeKey(bytes))).toEqual(bytes);
    }
  });

  it("a byte order mark, an emoji and a NUL are part of the key", () => {
    for (const key of ["\ufeffa", "😀/ü", "a\u0000b", ""]) expect(decodeKey(encodeKey(key))).toBe(key);
  });

  it("bytes that are not UTF-8 stand as lone surrogates", () => {
    expect(decodeKey(Uint8Array.of(0x61, 0xff, 0xc3))).toBe("a\udcff\udcc3");
  });

  it("keys are ordered by their bytes, not by UTF-16", () => {
    const next = random(11);
    const pool = ["a", "b", "\uffff", "😀", "\ud7ff", "\udc80", "\udcff", "é", "/", "\ue000", "𐀀"];
    const key = () =>
      Array.from({ length: Math.floor(next() * 4) }, () => pool[Math.floor(next() * pool.length)]).join("");
    for (let round = 0; round < 20_000; round++) {
      const a = key();
      const b = key();
      expect(Math.sign(compareKeys(a, b))).toBe(Math.sign(compareBytes(encodeKey(a), encodeKey(b))));
    }
    expect(compareKeys("\uffff", "😀")).toBeLessThan(0);
  });

  it("text for people has neither control characters nor lone surrogates", () => {
    expect(printableKey("a\nb\u0000\udc80c")).toBe("a\ufffdb\ufffd\ufffdc");
    expect(printableKey("plain")).toBe("plain");
  });
});
