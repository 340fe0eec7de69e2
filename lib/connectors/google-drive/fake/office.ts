import { zip } from "#lib/extract/testing/zip.ts";
import type { Body } from "./store.ts";

/** The Office files Drive makes of Sheets and Slides, as small as they can be and still be read. */

const head = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n`;
const office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

const escape = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

function relationships(items: readonly (readonly [type: string, target: string])[]): string {
  const list = items.map(
    ([type, target], i) => `<Relationship Id="rId${i + 1}" Type="${office}/${type}" Target="${target}"/>`,
  );
  return `${head}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${list.join("")}</Relationships>`;
}

function contentTypes(overrides: readonly (readonly [part: string, type: string])[]): string {
  const list = overrides.map(
    ([part, type]) =>
      `<Override PartName="${part}" ContentType="application/vnd.openxmlformats-officedocument.${type}+xml"/>`,
  );
  return `${head}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>${list.join("")}</Types>`;
}

/** A workbook with every sheet. */
export function workbook(sheets: NonNullable<Body["sheets"]>): Uint8Array {
  const names = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="${office}"`;
  const cell = (text: string) => `<c t="inlineStr"><is><t>${escape(text)}</t></is></c>`;
  return zip([
    { name: "[Content_Types].xml", content: contentTypes([["/xl/workbook.xml", "spreadsheetml.sheet.main"]]) },
    { name: "_rels/.rels", content: relationships([["officeDocument", "xl/workbook.xml"]]) },
    {
      name: "xl/workbook.xml",
      content: `${head}<workbook ${names}><sheets>${sheets
        .map(({ name }, i) => `<sheet name="${escape(name)}" sheetId="${i + 1}" r:id="rId${i + 1}"/>`)
        .join("")}</sheets></workbook>`,
    },
    {
      name: "xl/_rels/workbook.xml.rels",
      content: relationships(sheets.map((_, i) => ["worksheet", `worksheets/sheet${i + 1}.xml`])),
    },
    ...sheets.map(({ rows }, i) => ({
      name: `xl/worksheets/sheet${i + 1}.xml`,
      content: `${head}<worksheet ${names}><sheetData>${rows
        .map((row) => `<row>${row.map(cell).join("")}</row>`)
        .join("")}</sheetData></worksheet>`,
    })),
  ]);
}

/** A presentation with its speaker notes. */
export function presentation(slides: NonNullable<Body["slides"]>): Uint8Array {
  const names = `xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:r="${office}"`;
  const shape = (kind: string, lines: readonly string[]) =>
    `<p:sp><p:nvSpPr><p:nvPr><p:ph type="${kind}"/></p:nvPr></p:nvSpPr><p:txBody>${lines
      .map((line) => `<a:p><a:r><a:t>${escape(line)}</a:t></a:r></a:p>`)
      .join("")}</p:txBody></p:sp>`;
  const tree = (root: string, shapes: string) =>
    `${head}<p:${root} ${names}><p:cSld><p:spTree>${shapes}</p:spTree></p:cSld></p:${root}>`;
  return zip([
    {
      name: "[Content_Types].xml",
      content: contentTypes([["/ppt/presentation.xml", "presentationml.presentation.main"]]),
    },
    { name: "_rels/.rels", content: relationships([["officeDocument", "ppt/presentation.xml"]]) },
    {
      name: "ppt/presentation.xml",
      content: `${head}<p:presentation ${names}><p:sldIdLst>${slides
        .map((_, i) => `<p:sldId id="${256 + i}" r:id="rId${i + 1}"/>`)
        .join("")}</p:sldIdLst></p:presentation>`,
    },
    {
      name: "ppt/_rels/presentation.xml.rels",
      content: relationships(slides.map((_, i) => ["slide", `slides/slide${i + 1}.xml`])),
    },
    ...slides.flatMap(({ title, lines, notes }, i) => [
      { name: `ppt/slides/slide${i + 1}.xml`, content: tree("sld", shape("title", [title]) + shape("body", lines)) },
      ...(notes === undefined
        ? []
        : [
            {
              name: `ppt/slides/_rels/slide${i + 1}.xml.rels`,
              content: relationships([["notesSlide", `../notesSlides/notesSlide${i + 1}.xml`]]),
            },
            { name: `ppt/notesSlides/notesSlide${i + 1}.xml`, content: tree("notes", shape("body", [notes])) },
          ]),
    ]),
  ]);
}
