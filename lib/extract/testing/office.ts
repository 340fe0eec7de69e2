import { zip } from "./zip.ts";
import type { ZipEntry } from "./zip.ts";

/** Minimal but valid office files, written part by part. */

const xml = (body: string) => `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n${body}`;
const relationships = (items: readonly (readonly [id: string, type: string, target: string, mode?: string])[]) =>
  xml(
    `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${items
      .map(
        ([id, type, target, mode]) =>
          `<Relationship Id="${id}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/${type}" Target="${target}"${mode === undefined ? "" : ` TargetMode="${mode}"`}/>`,
      )
      .join("")}</Relationships>`,
  );
const core = (title: string) =>
  xml(
    `<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>${title}</dc:title></cp:coreProperties>`,
  );
const contentTypes = (overrides: string) =>
  xml(
    `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>${overrides}</Types>`,
  );

const w =
  'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"';

export function docxEntries(body: string, more: readonly ZipEntry[] = []): ZipEntry[] {
  return [
    {
      name: "[Content_Types].xml",
      content: contentTypes(
        '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/>',
      ),
    },
    { name: "_rels/.rels", content: relationships([["rId1", "officeDocument", "word/document.xml"]]) },
    { name: "docProps/core.xml", content: core("Quarterly plan") },
    {
      name: "word/_rels/document.xml.rels",
      content: relationships([["rId9", "hyperlink", "https://example.com/plan", "External"]]),
    },
    {
      name: "word/styles.xml",
      content: xml(
        `<w:styles ${w}><w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/></w:style></w:styles>`,
      ),
    },
    { name: "word/document.xml", content: xml(`<w:document ${w}><w:body>${body}</w:body></w:document>`) },
    ...more,
  ];
}

const run = (text: string) => `<w:r><w:t xml:space="preserve">${text}</w:t></w:r>`;

export function docx(): Uint8Array {
  return zip(
    docxEntries(
      `<w:p><w:pPr><w:pStyle w:val="Heading1"/></w:pPr>${run("Goals")}</w:p>` +
        `<w:p>${run("Grow &lt;fast&gt; and ")}<w:r><w:rPr><w:b/></w:rPr><w:t>safely</w:t></w:r>${run(", see ")}<w:hyperlink r:id="rId9">${run("the plan")}</w:hyperlink>${run(".")}</w:p>` +
        `<w:tbl><w:tr><w:tc><w:p>${run("Team")}</w:p></w:tc><w:tc><w:p>${run("Size")}</w:p></w:tc></w:tr><w:tr><w:tc><w:p>${run("Core")}</w:p></w:tc><w:tc><w:p>${run("4")}</w:p></w:tc></w:tr></w:tbl>`,
    ),
  );
}

export function pptx(): Uint8Array {
  const p =
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"';
  const shape = (placeholder: string, paragraphs: string) =>
    `<p:sp><p:nvSpPr><p:nvPr>${placeholder}</p:nvPr></p:nvSpPr><p:txBody>${paragraphs}</p:txBody></p:sp>`;
  const line = (text: string, level = 0) => `<a:p><a:pPr lvl="${level}"/><a:r><a:t>${text}</a:t></a:r></a:p>`;
  const slide = (title: string, body: string, table = "") =>
    xml(
      `<p:sld ${p}><p:cSld><p:spTree>${shape('<p:ph type="title"/>', line(title))}${shape('<p:ph idx="1"/>', body)}${table}</p:spTree></p:cSld></p:sld>`,
    );
  const cell = (text: string) => `<a:tc><a:txBody>${line(text)}</a:txBody></a:tc>`;
  return zip([
    { name: "[Content_Types].xml", content: contentTypes("") },
    { name: "docProps/core.xml", content: core("Launch") },
    {
      name: "ppt/presentation.xml",
      content: xml(
        `<p:presentation ${p}><p:sldIdLst><p:sldId id="257" r:id="rId2"/><p:sldId id="256" r:id="rId1"/></p:sldIdLst></p:presentation>`,
      ),
    },
    {
      name: "ppt/_rels/presentation.xml.rels",
      content: relationships([
        ["rId1", "slide", "slides/slide1.xml"],
        ["rId2", "slide", "slides/slide2.xml"],
      ]),
    },
    {
      name: "ppt/slides/slide1.xml",
      content: slide(
        "Numbers",
        line("Revenue") + line("Europe", 1),
        `<p:graphicFrame><a:tbl><a:tr>${cell("Year")}${cell("Sum")}</a:tr><a:tr>${cell("2025")}${cell("1|2")}</a:tr></a:tbl></p:graphicFrame>`,
      ),
    },
    { name: "ppt/slides/slide2.xml", content: slide("Welcome", line("Agenda &amp; aims")) },
    {
      name: "ppt/slides/_rels/slide2.xml.rels",
      content: relationships([["rId1", "notesSlide", "../notesSlides/notesSlide1.xml"]]),
    },
    {
      name: "ppt/notesSlides/notesSlide1.xml",
      content: xml(
        `<p:notes ${p}><p:cSld><p:spTree>${shape('<p:ph type="sldNum"/>', line("1"))}${shape('<p:ph type="body"/>', line("Speak slowly"))}</p:spTree></p:cSld></p:notes>`,
      ),
    },
  ]);
}

export function xlsx(): Uint8Array {
  const s =
    'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"';
  return zip([
    { name: "[Content_Types].xml", content: contentTypes("") },
    {
      name: "xl/workbook.xml",
      content: xml(
        `<workbook ${s}><sheets><sheet name="Orders" sheetId="1" r:id="rId1"/><sheet name="Empty" sheetId="2" r:id="rId2"/><sheet name="Rates" sheetId="3" r:id="rId3"/></sheets></workbook>`,
      ),
    },
    {
      name: "xl/_rels/workbook.xml.rels",
      content: relationships([
        ["rId1", "worksheet", "worksheets/sheet1.xml"],
        ["rId2", "worksheet", "worksheets/sheet2.xml"],
        ["rId3", "worksheet", "/xl/worksheets/sheet3.xml"],
        ["rId4", "sharedStrings", "sharedStrings.xml"],
        ["rId5", "styles", "styles.xml"],
      ]),
    },
    {
      name: "xl/sharedStrings.xml",
      content: xml(
        `<sst ${s}><si><t>Customer</t></si><si><r><t>Or</t></r><r><t>dered</t></r><rPh sb="0" eb="1"><t>x</t></rPh></si><si><t>Paid</t></si><si><t>Ann | Co</t></si></sst>`,
      ),
    },
    {
      name: "xl/styles.xml",
      content: xml(
        `<styleSheet ${s}><numFmts count="3"><numFmt numFmtId="164" formatCode="dd\\.mm\\.yyyy"/><numFmt numFmtId="165" formatCode="yyyy-mm-dd hh:mm"/><numFmt numFmtId="166" formatCode="#,##0.00 &quot;days&quot;"/></numFmts><cellStyleXfs><xf numFmtId="0"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="10"/><xf numFmtId="166"/><xf numFmtId="46"/><xf numFmtId="20"/></cellXfs></styleSheet>`,
      ),
    },
    {
      name: "xl/worksheets/sheet1.xml",
      content: xml(
        `<worksheet ${s}><sheetData>` +
          `<row r="2"><c r="B2" t="s"><v>0</v></c><c r="C2" t="s"><v>1</v></c><c r="D2" t="s"><v>2</v></c><c r="F2" t="inlineStr"><is><t>Note</t></is></c></row>` +
          `<row r="3"><c r="B3" t="s"><v>3</v></c><c r="C3" s="1"><v>46000</v></c><c r="D3" t="b"><v>1</v></c><c r="F3"><f>0.1+0.2</f><v>0.30000000000000004</v></c></row>` +
          `</sheetData></worksheet>`,
      ),
    },
    { name: "xl/worksheets/sheet2.xml", content: xml(`<worksheet ${s}><sheetData/></worksheet>`) },
    {
      name: "xl/worksheets/sheet3.xml",
      content: xml(
        `<worksheet ${s}><sheetData><row><c s="2"><v>36526</v></c><c s="3"><v>45292.75</v></c><c s="4"><v>0.125</v></c><c s="5"><v>1234.5</v></c><c s="6"><v>1.5</v></c><c s="7"><v>0.25</v></c><c t="e"><v>#DIV/0!</v></c></row></sheetData></worksheet>`,
      ),
    },
  ]);
}

const odfNames =
  'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" xmlns:presentation="urn:oasis:names:tc:opendocument:xmlns:presentation:1.0" xmlns:xlink="http://www.w3.org/1999/xlink"';

export function odf(kind: "text" | "spreadsheet" | "presentation", body: string, manifest = ""): Uint8Array {
  return zip([
    { name: "mimetype", content: `application/vnd.oasis.opendocument.${kind}`, deflate: false },
    { name: "META-INF/manifest.xml", content: `<manifest>${manifest}</manifest>` },
    {
      name: "meta.xml",
      content: `<office:document-meta ${odfNames} xmlns:dc="http://purl.org/dc/elements/1.1/"><office:meta><dc:title>Open title</dc:title></office:meta></office:document-meta>`,
    },
    {
      name: "content.xml",
      content: xml(
        `<office:document-content ${odfNames}><office:body><office:${kind}>${body}</office:${kind}></office:body></office:document-content>`,
      ),
    },
  ]);
}

export function epub(more: readonly ZipEntry[] = []): Uint8Array {
  const chapter = (title: string, text: string) =>
    `<?xml version="1.0"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml"><head><title>${title}</title></head><body><h1>${title}</h1><p>${text}</p></body></html>`;
  return zip([
    { name: "mimetype", content: "application/epub+zip", deflate: false },
    {
      name: "META-INF/container.xml",
      content: `<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>`,
    },
    {
      name: "OEBPS/book.opf",
      content: `<package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>A Book</dc:title></metadata><manifest><item id="a" href="one.xhtml" media-type="application/xhtml+xml"/><item id="b" href="two%20more.xhtml" media-type="application/xhtml+xml"/><item id="c" href="cover.png" media-type="image/png"/></manifest><spine><itemref idref="b"/><itemref idref="a"/></spine></package>`,
    },
    { name: "OEBPS/one.xhtml", content: chapter("Second", "The end.") },
    { name: "OEBPS/two more.xhtml", content: chapter("First", "In the beginning.") },
    ...more,
  ]);
}
