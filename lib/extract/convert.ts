import { openArchive } from "./archives.ts";
import type { Archive } from "./archives.ts";
import { charsetParameter, decodeHtml } from "./charset.ts";
import { detect, unsupported } from "./detect.ts";
import { readPage } from "./html/page.ts";
import { convertPlain, isPlain } from "./plain.ts";
import { mainMarkdown } from "./select.ts";
import { foreignExtensions } from "./signatures.ts";
import { extensionOf, mimeOf } from "./supported.ts";
import type { Format } from "./supported.ts";
import { ExtractError } from "./types.ts";
import type { ExtractInput, Extracted } from "./types.ts";

interface Read {
  readonly markdown: string;
  readonly title?: string | undefined;
}

/**
 * One file to Markdown, in a worker thread. Readers of the less common formats are loaded when first needed.
 * @throws ExtractError
 */
export async function convert(input: ExtractInput): Promise<Extracted> {
  const detected = detect(input);
  if (isPlain(detected)) return convertPlain(detected, input);
  switch (detected) {
    case "html":
      return finish("html", readHtml(input));
    case "pdf": {
      const { readPdf } = await import("./pdf.ts");
      return await readPdf(input.bytes);
    }
    case "rtf": {
      const { readRtf } = await import("./rtf.ts");
      return finish("rtf", readRtf(input.bytes));
    }
    default:
      return await convertArchive(await openArchive(input.bytes), input.filename);
  }
}

function readHtml(input: ExtractInput): Read {
  const contentType = charsetParameter(input.mime) === undefined ? undefined : input.mime;
  const page = readPage(decodeHtml(input.bytes, contentType), input.url ?? "");
  const markdown = mainMarkdown(page);
  return { markdown: markdown === "" ? page.markdown : markdown, title: page.title };
}

/** Which format an archive is, by what is in it. */
async function convertArchive(archive: Archive, filename: string | undefined): Promise<Extracted> {
  const format = formatOfArchive(archive);
  switch (format) {
    case "docx": {
      const { readDocx } = await import("./docx.ts");
      return finish(format, await readDocx(archive));
    }
    case "pptx": {
      const { readPptx } = await import("./pptx.ts");
      return finish(format, readPptx(archive));
    }
    case "xlsx": {
      const { readXlsx } = await import("./xlsx.ts");
      return finish(format, readXlsx(archive));
    }
    case "epub": {
      const { readEpub } = await import("./epub.ts");
      return finish(format, readEpub(archive));
    }
    case "odt":
    case "ods":
    case "odp": {
      const { readOdf } = await import("./odf.ts");
      return finish(format, readOdf(archive));
    }
    default: {
      const extension = extensionOf(filename);
      throw unsupported((extension === undefined ? undefined : foreignExtensions[extension]) ?? "ZIP archive");
    }
  }
}

const odfTypes: Readonly<Record<string, Format>> = {
  "application/vnd.oasis.opendocument.text": "odt",
  "application/vnd.oasis.opendocument.text-template": "odt",
  "application/vnd.oasis.opendocument.spreadsheet": "ods",
  "application/vnd.oasis.opendocument.spreadsheet-template": "ods",
  "application/vnd.oasis.opendocument.presentation": "odp",
  "application/vnd.oasis.opendocument.presentation-template": "odp",
  "application/epub+zip": "epub",
};

function formatOfArchive(archive: Archive): Format | undefined {
  if (archive.has("mimetype")) return odfTypes[archive.read("mimetype")?.toString("latin1").trim() ?? ""];
  if (archive.has("word/document.xml") || archive.has("word/document2.xml")) return "docx";
  if (archive.has("ppt/presentation.xml")) return "pptx";
  if (archive.has("xl/workbook.xml")) return "xlsx";
  if (archive.has("META-INF/container.xml")) return "epub";
  return undefined;
}

function finish(format: Format, read: Read): Extracted {
  const markdown = read.markdown.trim().replaceAll("\0", "\ufffd").toWellFormed();
  if (markdown === "") throw new ExtractError("empty", "The file contains no text.");
  const title = read.title?.trim().slice(0, 1000).toWellFormed();
  return {
    markdown,
    ...(title !== undefined && title !== "" && { title }),
    mime: mimeOf(format),
    type: format === "html" ? "webpage" : "text",
  };
}
