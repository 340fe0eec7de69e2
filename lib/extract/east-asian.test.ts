import { describe, expect, it } from "vitest";
import { decodeBytes } from "./charset.ts";
import { eastAsianEncoding } from "./east-asian.ts";

/** Written by another program than the one that reads them here. */
const written: readonly (readonly [encoding: string, text: string, hex: string])[] = [
  [
    "shift_jis",
    "東京の会議は月曜日の午前十時に始まります。資料は事前に共有してください。",
    "938c8b9e82cc89ef8b6382cd8c8e976a93fa82cc8cdf914f8f5c8e9e82c98e6e82dc82e882dc82b781428e9197bf82cd8e96914f82c98ba4974c82b582c482ad82be82b382a28142",
  ],
  ["shift_jis", "キャベツの値段", "834c83838378836382cc926c9269"],
  [
    "shift_jis",
    "date,内容\r\n2026-01-05,会議の準備をする\r\n2026-01-06,ﾒﾓを送り、返事を待つ。それから資料を作る\r\n",
    "646174652c93e097650d0a323032362d30312d30352c89ef8b6382cc8f8094f582f082b782e90d0a323032362d30312d30362cd2d382f0919782e8814195d48e9682f091d282c2814282bb82ea82a982e78e9197bf82f08dec82e90d0a",
  ],
  [
    "euc-jp",
    "東京の会議は月曜日の午前十時に始まります。資料は事前に共有してください。",
    "c5ecb5fea4ceb2f1b5c4a4cfb7eecdcbc6fca4ceb8e1c1b0bdbdbbfea4cbbbcfa4dea4eaa4dea4b9a1a3bbf1cec1a4cfbbf6c1b0a4cbb6a6cdada4b7a4c6a4afa4c0a4b5a4a4a1a3",
  ],
  ["euc-jp", "キャベツの値段", "a5ada5e3a5d9a5c4a4cec3cdc3ca"],
  [
    "gbk",
    "北京的会议在星期一上午十点开始。请提前分享资料。",
    "b1b1bea9b5c4bbe1d2e9d4dad0c7c6dad2bbc9cfcee7caaeb5e3bfaacabca1a3c7ebcce1c7b0b7d6cfedd7cac1cfa1a3",
  ],
  ["gbk", "会议记录", "bbe1d2e9bcc7c2bc"],
  ["gbk", "# Notes\n\n价格表：白菜,两元", "23204e6f7465730a0abcdbb8f1b1eda3bab0d7b2cb2cc1bdd4aa"],
  [
    "big5",
    "台北的會議在星期一上午十點開始。請提前分享資料。",
    "a578a55faabab77cc4b3a662ac50b4c1a440a457a4c8a451c249b67da96ca143bdd0b4a3ab65a4c0a8c9b8eaaec6a143",
  ],
  ["big5", "會議記錄", "b77cc4b3b04fbffd"],
  [
    "euc-kr",
    "서울 회의는 월요일 오전 열 시에 시작합니다. 자료를 미리 공유해 주세요.",
    "bcadbfef20c8b8c0c7b4c220bff9bfe4c0cf20bfc0c0fc20bfad20bdc3bfa120bdc3c0dbc7d5b4cfb4d92e20c0dab7e1b8a620b9ccb8ae20b0f8c0afc7d820c1d6bcbcbfe42e",
  ],
  ["euc-kr", "회의록 초안", "c8b8c0c7b7cf20c3cabec8"],
  ["euc-kr", "name,가격\n배추,이천 원\n", "6e616d652cb0a1b0dd0ab9e8c3df2cc0ccc3b520bff80a"],
];

const bytesOf = (hex: string) => new Uint8Array(Buffer.from(hex, "hex"));
const latin = (text: string) => new Uint8Array(Buffer.from(text, "latin1"));

describe("text that does not say what it is encoded in", () => {
  it.each(written)("%s: %s", (_encoding, text, hex) => {
    expect(decodeBytes(bytesOf(hex))).toBe(text);
    expect(decodeBytes(bytesOf(hex.repeat(500)))).toBe(text.repeat(500));
  });

  it("is read the same when the server calls everything UTF-8, or its first part is plain ASCII", () => {
    const [, text, hex] = written[0] ?? ["", "", ""];
    expect(decodeBytes(bytesOf(hex), "utf-8")).toBe(text);
    const ascii = "log line 1\n".repeat(20_000);
    expect(decodeBytes(new Uint8Array([...latin(ascii), ...bytesOf(hex)]))).toBe(ascii + text);
  });

  it("may be cut by the end of what is looked at", () => {
    for (const [encoding, text, hex] of written)
      expect(decodeBytes(bytesOf(hex.repeat(3_000))) === text.repeat(3_000), encoding).toBe(true);
  });

  it("with a broken byte somewhere late keeps the rest", () => {
    const [, text, hex] = written[0] ?? ["", "", ""];
    const read = decodeBytes(new Uint8Array([...bytesOf(hex.repeat(2_000)), 0xff, 0x0a, ...bytesOf(hex)]));
    expect(read.startsWith(text.repeat(2_000))).toBe(true);
    expect(read.endsWith(text)).toBe(true);
  });
});

describe("Western text stays what it is", () => {
  it.each([
    "café naïf",
    "Le café est situé près de l'hôtel où nous étions hébergés; ça coûte 12 £.",
    "Äpfel, Öl und Übermut: die Größe wächst jährlich um 5 °C. Straße, süß, öfter.",
    "ÄRZTE UND ÖFEN: ÜBER GRÖßE UND STRAßE",
    "¿Qué pasó mañana? ¡Señor Núñez llegó a España! El niño comió piñones.",
    "Não há informação sobre a situação; amanhã às três haverá reunião. AÇÃO E REAÇÃO",
    "Blåbærsyltetøy på brødskive. ÆØÅ æøå ÆØÅ.",
    "Þetta er íslenska: Ísland, Þórður, ætíð, ÞÁÐ",
    "Työpöytä, hääyöaie, äänestää, pöytäliinä",
    "«Ça», dit-il, «c'est ½ ou ¼ · §§ 12, 13»; ©2026 ®",
    "ÀÈÌÒÙ ÁÉÍÓÚ ÂÊÎÔÛ ÃÑÕ ÄËÏÖÜ",
    "àèìòù áéíóú âêîôû ãñõ äëïöü",
    "ÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄ\nÄÄÄÄÄÄÄÄÄÄ",
    "crème brûlée\tpâté\tboeuf",
    "é",
  ])("%s", (text) => {
    expect(eastAsianEncoding(latin(text))).toBeUndefined();
    expect(decodeBytes(latin(text))).toBe(text);
    expect(decodeBytes(latin(`${text}\n`.repeat(200)))).toBe(`${text}\n`.repeat(200));
  });

  it("every two letters with an accent, in capitals or not, between and after other letters", () => {
    const accents = Array.from({ length: 64 }, (_, i) => String.fromCharCode(0xc0 + i));
    for (const one of accents)
      for (const other of accents)
        for (const text of [`a${one}${other}z`, `${one}m${other}n${one}p ${other}`, `n${one}${one} ${other}${other}`])
          expect(eastAsianEncoding(latin(text)), text).toBeUndefined();
  });

  it("UTF-8 with a broken byte in it is no East Asian text either", () => {
    for (const text of [
      "Le café est situé près de l'hôtel. ",
      "Größe und Straße und Öl. ",
      "Привет, мир. ",
      "日本語の文章です。",
    ])
      expect(eastAsianEncoding(new Uint8Array([...Buffer.from(text.repeat(20)), 0xff])), text).toBeUndefined();
  });
});
