import { deflateRawSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { quickest } from "#lib/testing/quickest.ts";
import { openArchive } from "./archives.ts";
import { createExtractor } from "./pool.ts";
import { docx, docxEntries, odf } from "./testing/office.ts";
import { zip } from "./testing/zip.ts";
import type { ZipEntry } from "./testing/zip.ts";

const extractor = createExtractor({ threads: 1 });
afterAll(() => extractor.close());
// The limits are those of a running service: its thread exists and has read a document before.
beforeAll(() => extractor.extract({ bytes: docx(), filename: "warm.docx" }));

const MiB = 1024 * 1024;

/** The reason of the refusal, or "accepted"; fails when it always takes long, or takes much memory. */
async function refused(bytes: Uint8Array, filename: string, limit: { ms: number; mb: number }): Promise<string> {
  let outcome = "";
  const memory = process.memoryUsage.rss();
  const refuse = async () => {
    outcome = await extractor.extract({ bytes: bytes.slice(), filename }).then(
      () => "accepted",
      (error: { reason?: string }) => error.reason ?? String(error),
    );
  };
  // Generous against the stated 500 ms: a test machine is shared.
  expect(await quickest(refuse, limit.ms)).toBeLessThan(limit.ms * 4);
  expect(process.memoryUsage.rss() - memory).toBeLessThan(limit.mb * MiB);
  return outcome;
}

const zipLimit = { ms: 500, mb: 64 };
const xmlLimit = { ms: 100, mb: 64 };

describe("a zip bomb is refused quickly, without memory and before any library sees it", () => {
  const zeros = deflateRawSync(Buffer.alloc(20 * MiB));
  const bombs: readonly (readonly [name: string, reason: string, entries: readonly ZipEntry[]])[] = [
    [
      "10 GB declared in pieces",
      "bomb",
      many(3, (i) => ({ name: `word/${i}.xml`, content: "x", declaredSize: 0xfffffff0 })),
    ],
    [
      "42.zip: archives in archives",
      "unsupported_type",
      many(16, (i) => ({ name: `lib ${i}.zip`, content: zip([{ name: "0", content: "x" }]), deflate: false })),
    ],
    ["one entry of zeros", "bomb", [{ name: "word/document.xml", compressedData: zeros, declaredSize: 20 * MiB }]],
    [
      "an entry that lies about its size",
      "bomb",
      docxEntries("", [{ name: "word/footnotes.xml", compressedData: zeros, declaredSize: 1000 }]),
    ],
    ["100,000 entries", "bomb", many(65_000, (i) => ({ name: `e${i}`, content: "", deflate: false }))],
    ["2,001 entries", "bomb", many(2001, (i) => ({ name: `e${i}`, content: "", deflate: false }))],
    [
      "overlapping entries",
      "bomb",
      [
        { name: "a", content: "x".repeat(5000) },
        ...many(50, (i) => ({ name: `b${i}`, content: "x".repeat(5000), sharesWith: 0 })),
      ],
    ],
    ["names that climb", "broken", docxEntries("", [{ name: "../../etc/cron.d/x", content: "x" }])],
    ["absolute names", "broken", docxEntries("", [{ name: "/etc/passwd", content: "x" }])],
    [
      "a symbolic link",
      "broken",
      docxEntries("", [{ name: "word/link.xml", content: "/etc/passwd", unixMode: 0o120777 }]),
    ],
    ["encrypted entries", "encrypted", docxEntries("").map((entry) => ({ ...entry, encrypted: true }))],
    [
      "entries cut off",
      "broken",
      docxEntries("", [{ name: "word/a.xml", content: "abc", compressedData: Buffer.from([1, 2]) }]),
    ],
  ];
  it.each(bombs)("%s: %s", async (_name, reason, entries) => {
    expect(await refused(zip(entries), "bomb.docx", zipLimit)).toBe(reason);
  });

  it("counts what is unpacked over all entries, not only what is declared", async () => {
    const content = Buffer.alloc(40 * MiB, "abcdefghijklmnopqrstuvwxyz0123456789 <>");
    for (let i = 0; i < content.length; i += 61) content[i] = (i * 2654435761) & 0x7f;
    const archive = await openArchive(
      zip([
        { name: "a", content },
        { name: "b", content: "y" },
      ]),
    );
    archive.read("a");
    archive.read("a");
    expect(() => archive.read("a")).toThrow(/more than 100 MB/);
  });
});

describe("XML inside of archives cannot expand, include or fetch", () => {
  const text = '<text:p xmlns:text="t">x</text:p>';
  const laughs = Array.from({ length: 9 }, (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`).join("");
  const parts: readonly (readonly [name: string, content: string])[] = [
    ["billion laughs", `<!DOCTYPE z [<!ENTITY l0 "ha">${laughs}]><z>&l9;</z>`],
    ["quadratic blow-up", `<!DOCTYPE z [<!ENTITY a "${"a".repeat(50_000)}">]><z>${"&a;".repeat(50_000)}</z>`],
    ["an external entity of a file", '<!DOCTYPE z [<!ENTITY x SYSTEM "file:///etc/passwd">]><z>&x;</z>'],
    ["an external entity of the network", '<!DOCTYPE z [<!ENTITY x SYSTEM "http://127.0.0.1:9/">]><z>&x;</z>'],
    ["an external document type", '<!DOCTYPE z SYSTEM "http://127.0.0.1:9/z.dtd"><z/>'],
    ["parameter entities", "<!DOCTYPE z [<!ENTITY % p \"<!ENTITY q 'x'>\">%p;]><z>&q;</z>"],
    ["a document type after a comment", `<!-- -->\n<!DOCTYPE z><z>${text}</z>`],
    ["an undeclared entity", "<z>&nope;</z>"],
    ["100,000 nested elements", `${"<a>".repeat(100_000)}${"</a>".repeat(100_000)}`],
    ["100,000 attributes", `<z ${Array.from({ length: 100_000 }, (_, i) => `a${i}=""`).join(" ")}/>`],
    ["elements never closed", "<a><b><c>".repeat(50)],
    ["bytes that are not XML", "\u0001\u0002 not xml"],
  ];
  it.each(parts)("%s", async (_name, content) => {
    const bytes = zip([
      { name: "mimetype", content: "application/vnd.oasis.opendocument.text", deflate: false },
      { name: "content.xml", content },
    ]);
    expect(["bomb", "broken"]).toContain(await refused(bytes, "a.odt", xmlLimit));
  });

  it("a million numeric references are read in linear time", async () => {
    const references = "&#97;".repeat(1_000_000);
    const bytes = zip([
      { name: "mimetype", content: "application/vnd.oasis.opendocument.text", deflate: false },
      {
        name: "noise.bin",
        content: Buffer.from(Array.from({ length: 60_000 }, (_, i) => (i * 7919) & 255)),
        deflate: false,
      },
      { name: "content.xml", content: `<d xmlns:text="t"><text:p>${references}</text:p></d>` },
    ]);
    const extract = () => extractor.extract({ bytes: bytes.slice(), filename: "a.odt" }).catch(() => undefined);
    expect(await quickest(extract, 2500)).toBeLessThan(5000);
  });

  it("a document type in any part of a Word document, also in UTF-16, is refused before the library reads it", async () => {
    const evil =
      '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>';
    const wide = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(evil, "utf16le")]);
    for (const content of [Buffer.from(evil.replace("UTF-16", "UTF-8")), wide]) {
      const bytes = zip(docxEntries("", [{ name: "word/numbering.xml", content }]));
      expect(await refused(bytes, "a.docx", xmlLimit)).toBe("bomb");
    }
  });

  it("a template on another server is never asked for: nothing but the archive is read", async () => {
    const settings = {
      name: "word/_rels/settings.xml.rels",
      content:
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate" Target="http://127.0.0.1:9/t.dotm" TargetMode="External"/></Relationships>',
    };
    const body = "<w:p><w:r><w:t>Only text</w:t></w:r></w:p>";
    const result = await extractor.extract({ bytes: zip(docxEntries(body, [settings])), filename: "a.docx" });
    expect(result.markdown).toBe("Only text");
  });

  it("scripts, forms and embedded objects of a document do not become text", async () => {
    const body =
      "<office:scripts><x>alert(1)</x></office:scripts><text:p>Text</text:p><office:annotation><text:p>secret</text:p></office:annotation>";
    const result = await extractor.extract({ bytes: odf("text", body), filename: "a.odt" });
    expect(result.markdown).toBe("Text");
  });
});

function many(count: number, make: (i: number) => ZipEntry): ZipEntry[] {
  return Array.from({ length: count }, (_, i) => make(i));
}
