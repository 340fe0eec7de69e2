import { describe, expect, it } from "vitest";
import { detect } from "./detect.ts";
import { extractPlain } from "./plain.ts";
import { zip } from "./testing/zip.ts";
import { ExtractError } from "./types.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);
const hex = (digits: string, length = 64) => {
  const buffer = Buffer.alloc(length);
  Buffer.from(digits.replaceAll(" ", ""), "hex").copy(buffer);
  return new Uint8Array(buffer);
};

describe("text formats", () => {
  it("plain text is kept, whatever its line ends and encoding", () => {
    const read = (bytes: Uint8Array, mime?: string) =>
      extractPlain({ bytes, filename: "a.txt", ...(mime !== undefined && { mime }) })?.markdown;
    expect(read(utf8("\ufeffone\r\ntwo\rthree\n"))).toBe("one\ntwo\nthree");
    expect(read(new Uint8Array(Buffer.from("\ufeffäö", "utf16le")))).toBe("äö");
    expect(read(new Uint8Array([0x63, 0x61, 0x66, 0xe9]))).toBe("café");
    expect(read(new Uint8Array([0xcf, 0xf0]), "text/plain; charset=windows-1251")).toBe("Пр");
  });

  it("Markdown gives its title from the front matter or the first heading", () => {
    const read = (text: string) => extractPlain({ bytes: utf8(text), filename: "a.md" });
    expect(read('---\ntitle: "The: Title"\ntags: [a]\n---\n\n# Other\n')).toMatchObject({
      title: "The: Title",
      markdown: "# Other",
    });
    expect(read("+++\ntitle = 'T'\n+++\ntext")).toMatchObject({ title: "T", markdown: "text" });
    expect(read("intro\n\n# Heading #\n")).toMatchObject({ title: "Heading", markdown: "intro\n\n# Heading #" });
    expect(read("---\n\nnot front matter\n\n---\n")?.markdown).toBe("---\n\nnot front matter\n\n---");
  });

  it("CSV becomes a table: quotes, line breaks and bars in cells, any usual delimiter", () => {
    const read = (text: string, filename = "a.csv") => extractPlain({ bytes: utf8(text), filename })?.markdown;
    expect(read('Name,Note\n"Ann, B.","a ""quoted""\nline"\nC|D,\n')).toBe(
      '| Name | Note |\n| --- | --- |\n| Ann, B. | a "quoted"<br>line |\n| C\\|D |  |',
    );
    expect(read("a;b\n1,5;2\n")).toBe("| a | b |\n| --- | --- |\n| 1,5 | 2 |");
    expect(read("a\tb\n1\t2", "a.tsv")).toBe("| a | b |\n| --- | --- |\n| 1 | 2 |");
  });

  it("what is no table after all stays text, and so does a very wide one", () => {
    const read = (text: string) => extractPlain({ bytes: utf8(text), filename: "a.csv" })?.markdown;
    expect(read('a,"b\nc')).toBe('```csv\na,"b\nc\n```');
    const wide = Array.from({ length: 100 }, (_, i) => `c${i}`).join(",");
    expect(read(`${wide}\n${wide}`)).toBe(`\`\`\`csv\n${wide}\n${wide}\n\`\`\``);
  });

  it("data and source code are fenced, their text untouched", () => {
    const read = (text: string, filename: string) => extractPlain({ bytes: utf8(text), filename });
    expect(read('{"n": 12345678901234567890}', "a.json")).toEqual({
      markdown: '```json\n{"n": 12345678901234567890}\n```',
      mime: "application/json",
      type: "text",
    });
    expect(read("a: &x [*x]\n", "a.yml")?.markdown).toBe("```yaml\na: &x [*x]\n```");
    expect(read("x = '```'\n", "a.py")?.markdown).toBe("````python\nx = '```'\n````");
    expect(read('<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', "a.xml")?.markdown).toBe(
      '```xml\n<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>\n```',
    );
  });

  it("leaves large files and other formats to a thread", () => {
    expect(extractPlain({ bytes: new Uint8Array(300 * 1024).fill(97), filename: "a.txt" })).toBeUndefined();
    expect(extractPlain({ bytes: utf8("<!doctype html><p>x") })).toBeUndefined();
    expect(extractPlain({ bytes: utf8("%PDF-1.7") })).toBeUndefined();
  });
});

describe("what a file is", () => {
  const verdict = (bytes: Uint8Array, mime?: string, filename?: string): string => {
    try {
      return detect({ bytes, ...(mime !== undefined && { mime }), ...(filename !== undefined && { filename }) });
    } catch (error) {
      if (error instanceof ExtractError) return `${error.reason}: ${error.message}`;
      throw error;
    }
  };
  const unread = (name: string) => `unsupported_type: The text of this type of file is not read: ${name}.`;

  it.each([
    ["magic bytes win over MIME and extension", utf8("%PDF-1.4"), "text/plain", "a.txt", "pdf"],
    ["a picture called text", hex("89504e470d0a1a0a"), "text/plain", "a.txt", unread("PNG image")],
    ["a picture called PDF", hex("ffd8ffe0"), "application/pdf", "a.pdf", unread("JPEG image")],
    ["a web page called PDF", utf8("<!DOCTYPE html><p>Sign in"), "application/pdf", "a.pdf", "html"],
    [
      "text called PDF",
      utf8("just text"),
      "application/pdf",
      "a.pdf",
      "broken: The file is declared as PDF but its content is not.",
    ],
    [
      "text called Word",
      utf8("just text"),
      undefined,
      "a.docx",
      "broken: The file is declared as Word document but its content is not.",
    ],
    ["text/plain with a telling name", utf8("a,b"), "text/plain", "a.csv", "csv"],
    ["octet-stream with a telling name", utf8("# x"), "application/octet-stream", "README.md", "markdown"],
    ["no name, no type, text", utf8("hello"), undefined, undefined, "text"],
    ["no name, no type, a page", utf8("\ufeff <!-- c --><HTML>"), undefined, undefined, "html"],
    ["XHTML", utf8('<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "x"><html>'), "application/xml", undefined, "html"],
    ["XML", utf8('<?xml version="1.0"?><a/>'), undefined, undefined, "xml"],
    ["+json", utf8("{}"), "application/ld+json", undefined, "json"],
    ["MIME wins over extension", utf8("{}"), "application/json", "a.html", "json"],
    ["source code by its MIME type", utf8("x"), "text/x-python", undefined, "code"],
    ["RTF by magic", utf8("{\\rtf1 x}"), "application/msword", "a.doc", "rtf"],
    ["legacy Word", hex("d0cf11e0a1b11ae1"), undefined, "a.doc", unread("legacy Word document (.doc)")],
    [
      "legacy Excel by its stream",
      new Uint8Array(Buffer.concat([hex("d0cf11e0a1b11ae1"), Buffer.from("Workbook", "utf16le")])),
      undefined,
      undefined,
      unread("legacy Excel workbook (.xls)"),
    ],
    ["legacy PowerPoint", hex("d0cf11e0a1b11ae1"), undefined, "a.ppt", unread("legacy PowerPoint presentation (.ppt)")],
    ["SVG", utf8("<svg/>"), "image/svg+xml", "a.svg", unread("SVG image")],
    ["gzip", hex("1f8b08"), undefined, "a.txt.gz", unread("gzip archive")],
    ["a video", hex("00000018 66747970 69736f6d"), "video/mp4", "a.mp4", unread("MP4 video")],
    ["binary data", Uint8Array.from({ length: 999 }, (_, i) => i % 32), undefined, "a.bin", unread("binary data")],
    [
      "binary data called text",
      Uint8Array.from({ length: 999 }, (_, i) => i % 7),
      "text/plain",
      "a.txt",
      unread("binary data"),
    ],
    ["nothing", new Uint8Array(), "text/plain", "a.txt", "empty: The file is empty."],
  ])("%s", (_name, bytes, mime, filename, expected) => {
    expect(verdict(bytes, mime, filename)).toBe(expected);
  });

  it("an archive is told by what is in it", () => {
    expect(verdict(zip([{ name: "a.txt", content: "x" }]), "application/pdf", "a.pdf")).toBe("zip");
  });
});
