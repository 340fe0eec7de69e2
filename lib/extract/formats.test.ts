import { deflateSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { createExtractor } from "./pool.ts";
import { supportedTypes } from "./supported.ts";
import { docx, epub, odf, pptx, xlsx } from "./testing/office.ts";
import { assemble, pdf } from "./testing/pdf.ts";
import type { ExtractInput } from "./types.ts";

const extractor = createExtractor({ threads: 2 });
afterAll(() => extractor.close());

const extract = (input: ExtractInput) => extractor.extract(input);
const bytes = (text: string) => new TextEncoder().encode(text);

describe("every supported format becomes Markdown", () => {
  it("a Word document keeps headings, emphasis, links and tables", async () => {
    const result = await extract({ bytes: docx(), filename: "plan.docx" });
    expect(result.title).toBe("Quarterly plan");
    expect(result.mime).toBe("application/vnd.openxmlformats-officedocument.wordprocessingml.document");
    expect(result.markdown).toBe(
      "# Goals\n\nGrow \\<fast> and **safely**, see [the plan](https://example.com/plan).\n\n| Team | Size |\n| --- | --- |\n| Core | 4 |",
    );
  });

  it("a presentation gives its slides in their order, with tables and speaker notes", async () => {
    const result = await extract({ bytes: pptx(), filename: "launch.pptx" });
    expect(result.title).toBe("Launch");
    expect(result.markdown).toBe(
      "## Welcome\n\n- Agenda & aims\n\n> Notes:\n>\n> Speak slowly\n\n## Numbers\n\n- Revenue\n  - Europe\n\n| Year | Sum |\n| --- | --- |\n| 2025 | 1\\|2 |",
    );
  });

  it("a workbook gives every sheet as a table with values and dates as people read them", async () => {
    const result = await extract({ bytes: xlsx(), filename: "orders.xlsx" });
    expect(result.markdown).toBe(
      "## Orders\n\n| Customer | Ordered | Paid |  | Note |\n| --- | --- | --- | --- | --- |\n| Ann \\| Co | 2025-12-09 | TRUE |  | 0.3 |\n\n" +
        "## Rates\n\n| 2000-01-01 | 2024-01-01 18:00 | 12.5% | 1234.5 | 36:00:00 | 06:00 | #DIV/0! |\n| --- | --- | --- | --- | --- | --- | --- |",
    );
  });

  it("an OpenDocument text keeps headings, lists, links and tables", async () => {
    const body =
      '<text:h text:outline-level="2">Aims</text:h><text:p>See <text:a xlink:href="https://example.com/x">this</text:a><text:s text:c="3"/>now<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>a note</text:p></text:note-body></text:note>.</text:p>' +
      "<text:list><text:list-item><text:p>one</text:p><text:list><text:list-item><text:p>two</text:p></text:list-item></text:list></text:list-item></text:list>" +
      "<table:table><table:table-row><table:table-cell><text:p>A</text:p></table:table-cell><table:table-cell><text:p>B</text:p></table:table-cell></table:table-row></table:table>";
    const result = await extract({ bytes: odf("text", body), filename: "a.odt" });
    expect(result.title).toBe("Open title");
    expect(result.markdown).toBe(
      "## Aims\n\nSee [this](https://example.com/x) now (a note).\n\n- one\n  - two\n\n| A | B |\n| --- | --- |",
    );
  });

  it("an OpenDocument spreadsheet gives dates by value and is not fooled by a million repeated cells", async () => {
    const body =
      '<table:table table:name="Days"><table:table-row><table:table-cell><text:p>Day</text:p></table:table-cell><table:table-cell><text:p>Note</text:p></table:table-cell></table:table-row>' +
      '<table:table-row><table:table-cell office:value-type="date" office:date-value="2026-03-01"><text:p>1. März 26</text:p></table:table-cell><table:table-cell><text:p>x</text:p></table:table-cell><table:table-cell table:number-columns-repeated="16000"/></table:table-row>' +
      '<table:table-row table:number-rows-repeated="1048576"><table:table-cell table:number-columns-repeated="16384"/></table:table-row></table:table>';
    const result = await extract({ bytes: odf("spreadsheet", body), filename: "a.ods" });
    expect(result.markdown).toBe("## Days\n\n| Day | Note |\n| --- | --- |\n| 2026-03-01 | x |");
  });

  it("an OpenDocument presentation gives slides and notes", async () => {
    const body =
      '<draw:page draw:name="page1"><draw:frame><draw:text-box><text:p>Hello</text:p></draw:text-box></draw:frame><presentation:notes><text:p>Smile</text:p></presentation:notes></draw:page>';
    const result = await extract({ bytes: odf("presentation", body), filename: "a.odp" });
    expect(result.markdown).toBe("## Slide 1\n\nHello\n\n> Notes:\n>\n> Smile");
  });

  it("a book is read in the order of its spine", async () => {
    const result = await extract({ bytes: epub(), filename: "b.epub" });
    expect(result.title).toBe("A Book");
    expect(result.markdown).toBe("# First\n\nIn the beginning.\n\n# Second\n\nThe end.");
  });

  it("rich text keeps characters of code pages and Unicode, paragraphs and tables", async () => {
    const rtf = String.raw`{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}{\info{\title My letter}}{\*\generator X;}Caf\'e9 \u8364?5 \'93q\'94\par \b bold\b0  \{x\}\par\trowd\intbl A\cell B\cell\row\pard After\par}`;
    const result = await extract({ bytes: bytes(rtf), filename: "l.rtf" });
    expect(result.title).toBe("My letter");
    expect(result.markdown).toBe("Café €5 “q”\n\nbold {x}\n\n| A | B |\n| --- | --- |\n\nAfter");
  });

  it("a PDF gives its pages in order and its title", async () => {
    const result = await extract({
      bytes: pdf([["First page (one)", "second line"], ["Last <b>page</b>"]], "The report"),
      mime: "application/pdf",
    });
    expect(result).toEqual({
      markdown: "First page (one)\nsecond line\n\nLast \\<b>page\\</b>",
      title: "The report",
      mime: "application/pdf",
      type: "pdf",
    });
  });

  it("an HTML file is a web page: its main content, links absolute", async () => {
    const html = '<title>T</title><nav><a href="/">Home</a></nav><main><h1>H</h1><p>Text <a href="x">y</a></main>';
    const result = await extract({ bytes: bytes(html), mime: "text/html", url: "https://e.com/d/" });
    expect(result).toEqual({
      markdown: "# H\n\nText [y](https://e.com/d/x)",
      title: "T",
      mime: "text/html",
      type: "webpage",
    });
  });

  it("gives the same Markdown every time", async () => {
    for (const make of [docx, pptx, xlsx, epub, () => pdf([["a"]])]) {
      const [a, b] = await Promise.all([extract({ bytes: make() }), extract({ bytes: make() })]);
      expect(a).toEqual(b);
    }
  });

  it("names each format once, with a MIME type to report", () => {
    const extensions = supportedTypes.flatMap((type) => type.extensions);
    expect(new Set(extensions).size).toBe(extensions.length);
    for (const type of supportedTypes) expect(type.mimes[0]).toMatch(/^[a-z]+\/[a-z0-9.+-]+$/);
  });
});

describe("files that cannot be read are refused with a reason, never fatal", () => {
  const refused = async (input: ExtractInput) =>
    await extract(input).then(
      () => "accepted",
      (error: { reason?: string }) => error.reason ?? String(error),
    );

  it("a truncated file of any format", async () => {
    for (const [make, filename] of [
      [docx, "a.docx"],
      [pptx, "a.pptx"],
      [xlsx, "a.xlsx"],
      [epub, "a.epub"],
    ] as const) {
      const whole = make();
      expect(await refused({ bytes: whole.slice(0, whole.length >> 1), filename })).toBe("broken");
    }
  });

  it("a PDF that is only a header, loops in its pages, or asks for a password", async () => {
    expect(await refused({ bytes: bytes("%PDF-1.7\ngarbage") })).toBe("broken");
    const loop = assemble(["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 9 >>"]);
    expect(["broken", "empty"]).toContain(await refused({ bytes: loop }));
    const locked = assemble(
      [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [] /Count 0 >>",
        `<< /Filter /Standard /V 1 /R 2 /O <${"11".repeat(32)}> /U <${"22".repeat(32)}> /P -4 >>`,
      ],
      `/Encrypt 3 0 R /ID [<${"33".repeat(16)}> <${"33".repeat(16)}>]`,
    );
    expect(await refused({ bytes: locked })).toBe("encrypted");
  });

  it("a PDF whose pages unpack to hundreds of megabytes is ended by its limits, the next file is read", async () => {
    const small = createExtractor({ threads: 1, maxMemory: 64 * 1024 * 1024, timeout: 8000 });
    const stream = deflateSync(Buffer.alloc(200 * 1024 * 1024, " ")).toString("latin1");
    const bomb = assemble([
      "<< /Type /Catalog /Pages 2 0 R >>",
      "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
      "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 1000000 1000000] /Contents 4 0 R >>",
      `<< /Length ${stream.length} /Filter /FlateDecode >>\nstream\n${stream}\nendstream`,
    ]);
    try {
      await expect(small.extract({ bytes: bomb })).rejects.toMatchObject({
        reason: expect.stringMatching(/^(?:memory|timeout)$/),
      });
      expect((await small.extract({ bytes: pdf([["fine"]]) })).markdown).toBe("fine");
    } finally {
      await small.close();
    }
  });

  it("protected office files", async () => {
    const compound = Buffer.alloc(4096);
    Buffer.from("d0cf11e0a1b11ae1", "hex").copy(compound);
    Buffer.from("EncryptedPackage", "utf16le").copy(compound, 1024);
    expect(await refused({ bytes: new Uint8Array(compound), filename: "a.docx" })).toBe("encrypted");
    expect(await refused({ bytes: odf("text", "", '<encryption-data a="b"/>'), filename: "a.odt" })).toBe("encrypted");
    const protectedBook = epub([
      {
        name: "META-INF/encryption.xml",
        content:
          '<encryption><EncryptedData><CipherData><CipherReference URI="OEBPS/one.xhtml"/></CipherData></EncryptedData></encryption>',
      },
    ]);
    expect(await refused({ bytes: protectedBook })).toBe("encrypted");
  });

  it("documents without text", async () => {
    expect(await refused({ bytes: new Uint8Array(0), filename: "a.txt" })).toBe("empty");
    expect(await refused({ bytes: bytes("  \n "), filename: "a.md" })).toBe("empty");
    expect(await refused({ bytes: bytes("<html><body><script>x</script></body></html>") })).toBe("empty");
    expect(await refused({ bytes: odf("text", "") })).toBe("empty");
    expect(await refused({ bytes: pdf([[]]) })).toBe("empty");
  });
});
