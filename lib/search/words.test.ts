import { array, assert, constantFrom, property, string } from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { pool } from "#lib/db/client.ts";
import { testDatabase } from "#lib/testing/database.ts";
import { unaccent } from "./accents.ts";
import { segmented, wordsOf } from "./words.ts";

beforeAll(async () => {
  await testDatabase();
});

test("punctuation, paths, addresses and tags leave words", () => {
  expect(segmented("lib/search/chunk.ts (v1.2.3): <Button> don’t—full-text, a@b.org & 3.14 C++")).toBe(
    "lib search chunk ts v1.2.3 Button don t full text a b org 3.14 C",
  );
});

test("scripts without blanks get some, others are left as they are", () => {
  expect(segmented("東京都庁でPostgreSQLを使う。")).toBe("東京 都庁 で PostgreSQL を 使う");
  expect(segmented("ภาษาไทยเป็นภาษา")).toBe("ภาษา ไทย เป็น ภาษา");
  expect(segmented("ພາສາລາວ ភាសាខ្មែរ").split(" ").length).toBeGreaterThan(2);
  expect(segmented("한국어 문서 हिन्दी में")).toBe("한국어 문서 हिन्दी में");
  expect(segmented("混合text文書")).toBe("混合 text 文書");
});

test("what looks the same is the same: ligatures, full width, soft hyphens, decomposed accents", () => {
  expect(segmented("ﬁnancé ＡＢＣ１２ co\u00adoperate cafe\u0301")).toBe("financé ABC12 cooperate café");
});

test("words are lower case, without accents, of 2 to 40 characters and at most four digits", () => {
  expect([...wordsOf(`Ärger Café a Straße 2024 h264 123456 3.14 ${"x".repeat(41)} ${"y".repeat(40)} ΑΘΉΝΑ`)]).toEqual([
    "arger",
    "cafe",
    "strasse",
    "2024",
    "h264",
    "y".repeat(40),
    "αθηνα",
  ]);
});

test("vowel signs of other scripts are no accents", () => {
  expect([...wordsOf("हिन्दी йод ไทย")]).toEqual(["हिन्दी", "йод", "ไทย"]);
});

test("accents go as PostgreSQL takes them off", async () => {
  const letters: string[] = [];
  for (const [from, to] of [
    [0xc0, 0x17f],
    [0x1cd, 0x1dc],
    [0x386, 0x3ce],
    [0x400, 0x45f],
    [0x1e00, 0x1e9b],
    [0x1ea0, 0x1ef9],
    [0x1f00, 0x1ffc],
  ] as const) {
    for (let code = from; code <= to; code++) {
      const letter = String.fromCodePoint(code).normalize("NFKC");
      if (/^\p{L}$/u.test(letter)) letters.push(letter);
    }
  }
  const { rows } = await pool().query<{ letter: string; plain: string }>(
    "select letter, unaccent(letter) as plain from unnest($1::text[]) as letter",
    [letters],
  );
  // Compared without case, as words are.
  const differing = rows.filter(({ letter, plain }) => unaccent(letter).toLowerCase() !== plain.toLowerCase());
  expect(differing.map(({ letter }) => letter).join("")).toBe("");
});

test("words are segmented once and for all, whatever the text is", () => {
  assert(
    property(string({ unit: "grapheme", maxLength: 60 }), (text) => {
      const once = segmented(text);
      expect(segmented(once)).toBe(once);
      expect(once).not.toMatch(/^ | $| {2}|[\n\t]/);
    }),
    { numRuns: 300 },
  );
});

test("every word is one that PostgreSQL finds in the text", async () => {
  const seen: string[] = [];
  const letters =
    "a b z Ä ß é ø ž Ł α ώ ς ж й ё א ב ع ر ب ي हि न् दी த மி ழ் 한 국 어 漢 字 か な カ タ ไ ท ย พ າ 0 1 7 9".split(" ");
  const signs = [...letters, ..." \n.,:;/\\@_-'\"()<>&#*+=[]{}|~`’—…"];
  assert(
    property(array(constantFrom(...signs), { maxLength: 60 }), (text) => {
      seen.push(text.join(""));
    }),
    { numRuns: 300 },
  );
  const { rows } = await pool().query<{ words: string[]; lexemes: string[] }>(
    `select v.words::jsonb as words, tsvector_to_array(to_tsvector('tributary_simple', v.text)) as lexemes
     from jsonb_to_recordset($1::jsonb) as v(text text, words jsonb)`,
    [JSON.stringify(seen.map((text) => ({ text: segmented(text), words: [...wordsOf(text)] })))],
  );
  for (const { words, lexemes } of rows) expect(lexemes).toEqual(expect.arrayContaining(words));
});
