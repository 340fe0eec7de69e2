import { describe, expect, it } from "vitest";
import { decodeBytes, decodeHtml } from "./charset.ts";

const bytes = (...parts: readonly (string | readonly number[])[]) =>
  new Uint8Array(
    Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : Buffer.from(part)))),
  );
const utf8 = (text: string) => new Uint8Array(Buffer.from(text, "utf8"));
const utf16 = (text: string, big = false) => {
  const buffer = Buffer.from(`\ufeff${text}`, "utf16le");
  return new Uint8Array(big ? buffer.swap16() : buffer);
};

describe("charset of a page", () => {
  it.each([
    ["header", bytes("<p>caf", [0xe9]), "text/html; charset=ISO-8859-1", "<p>café"],
    ["header, quoted, other case", bytes([0xcf, 0xf0, 0xe8]), 'text/html; Charset="WINDOWS-1251"', "При"],
    [
      "meta charset",
      bytes('<meta charset="shift_jis">', [0x93, 0xfa, 0x96, 0x7b]),
      "text/html",
      '<meta charset="shift_jis">日本',
    ],
    [
      "meta http-equiv",
      bytes('<meta http-equiv="Content-Type" content="text/html; charset=euc-kr">', [0xc7, 0xd1]),
      undefined,
      '<meta http-equiv="Content-Type" content="text/html; charset=euc-kr">한',
    ],
    [
      "XML declaration",
      bytes('<?xml version="1.0" encoding="iso-8859-2"?>', [0xb1]),
      undefined,
      '<?xml version="1.0" encoding="iso-8859-2"?>ą',
    ],
    [
      "header wins over meta",
      utf8('<meta charset="windows-1251">é'),
      "text/html; charset=utf-8",
      '<meta charset="windows-1251">é',
    ],
    ["byte order mark wins over the header", utf8("\ufeffé"), "text/html; charset=windows-1251", "é"],
    ["UTF-16 little endian by its mark", utf16("é日"), "text/html", "é日"],
    ["UTF-16 big endian by its mark", utf16("é日", true), undefined, "é日"],
    ["nothing said, valid UTF-8", utf8("é日"), "text/html", "é日"],
    ["nothing said, not UTF-8: windows-1252", bytes([0x93, 0x80, 0x94]), "text/html", "“€”"],
    ["an unknown name is ignored", bytes([0xe9]), "text/html; charset=klingon", "é"],
    ["meta says UTF-16 but is ASCII", utf8('<meta charset="utf-16">é'), undefined, '<meta charset="utf-16">é'],
    [
      "declared UTF-8, but single bytes throughout",
      bytes("caf", [0xe9], " na", [0xef], "f"),
      "text/html; charset=utf-8",
      "café naïf",
    ],
    [
      "declared UTF-8 with one bad byte",
      bytes("é".repeat(0), [0xc3, 0xa9, 0xc3, 0xa9, 0xff]),
      "text/html; charset=utf-8",
      "éé\ufffd",
    ],
    ["gb18030", bytes([0xc4, 0xe3, 0xba, 0xc3]), "text/html; charset=gb2312", "你好"],
    ["koi8-r", bytes([0xf0, 0xd2, 0xc9]), "text/html; charset=koi8-r", "При"],
  ])("%s", (_name, input, contentType, expected) => {
    expect(decodeHtml(input, contentType)).toBe(expected);
  });

  it("looks for the meta element in the first 1,024 bytes only, and not in comments", () => {
    const late = bytes(" ".repeat(1024), '<meta charset="windows-1251">', [0xcf]);
    expect(decodeHtml(late, undefined)).toContain("Ï");
    expect(decodeHtml(bytes('<!-- <meta charset="windows-1251"> -->', [0xcf]), undefined)).toContain("Ï");
  });

  it("never gives malformed text", () => {
    for (const charset of ["utf-8", "utf-16le", "shift_jis", "gb18030", "euc-jp", "big5"]) {
      const noise = Uint8Array.from({ length: 5000 }, (_, i) => (i * 7919 + (i >> 3)) & 255);
      expect(decodeBytes(noise, charset).isWellFormed(), charset).toBe(true);
    }
  });
});
