import { getDocumentProxy } from "unpdf";
import { encrypted } from "./archives.ts";
import { paragraph } from "./escape.ts";
import { ExtractError } from "./types.ts";
import type { Extracted } from "./types.ts";

/** What we use of a text item of pdf.js. */
interface TextItem {
  readonly str: string;
  readonly hasEOL: boolean;
  /** matrix; the last two are x and y in points */
  readonly transform: readonly number[];
  readonly height: number;
}

/** The text of a PDF, page by page. Scripts in it are not run, nothing is rendered. */
export async function readPdf(bytes: Uint8Array): Promise<Extracted> {
  const document = await open(bytes);
  try {
    const pages: string[] = [];
    for (let number = 1; number <= document.numPages; number++) {
      const page = await document.getPage(number);
      const { items } = await page.getTextContent({ includeMarkedContent: false });
      pages.push(pageText(items as readonly TextItem[]));
      page.cleanup();
    }
    const markdown = pages.filter((text) => text !== "").join("\n\n");
    if (markdown === "") throw new ExtractError("empty", "The PDF contains no text; it may consist of scanned pages.");
    const title = await documentTitle(document);
    return { markdown, ...(title !== undefined && { title }), mime: "application/pdf", type: "pdf" };
  } finally {
    await document.destroy();
  }
}

type PdfDocument = Awaited<ReturnType<typeof getDocumentProxy>>;

async function open(bytes: Uint8Array): Promise<PdfDocument> {
  try {
    return await getDocumentProxy(bytes, {
      verbosity: 0,
      isEvalSupported: false,
      disableFontFace: true,
      useSystemFonts: false,
      stopAtErrors: false,
      maxImageSize: 1,
    });
  } catch (error) {
    if (error instanceof Error && error.name === "PasswordException") throw encrypted();
    throw new ExtractError("broken", "The PDF is damaged or not a PDF.");
  }
}

async function documentTitle(document: PdfDocument): Promise<string | undefined> {
  const metadata = await document.getMetadata().catch(() => undefined);
  const info: Readonly<Record<string, unknown>> = metadata === undefined ? {} : { ...metadata.info };
  const title = typeof info["Title"] === "string" ? info["Title"].replace(/\s+/g, " ").trim() : "";
  // What programs write when nobody gave a title.
  if (title === "" || /^(?:untitled|microsoft word - .*|.*\.(?:docx?|indd|tex|dvi|pptx?|xlsx?))$/i.test(title))
    return undefined;
  return title.slice(0, 1000);
}

/** Lines joined to paragraphs: a gap of more than one and a half lines begins a new one. */
function pageText(items: readonly TextItem[]): string {
  const paragraphs: string[] = [];
  let lines: string[] = [];
  let line = "";
  let lastY: number | undefined;
  let lineHeight = 0;
  const endLine = () => {
    const text = line.replace(/\s+/g, " ").trim();
    if (text !== "") lines.push(text);
    line = "";
  };
  const endParagraph = () => {
    endLine();
    if (lines.length > 0) paragraphs.push(joinLines(lines));
    lines = [];
  };
  for (const item of items) {
    const y = item.transform[5] ?? 0;
    if (item.str.trim() !== "") {
      if (lastY !== undefined && Math.abs(lastY - y) > Math.max(lineHeight, item.height) * 1.7) endParagraph();
      lastY = y;
      lineHeight = item.height > 0 ? item.height : lineHeight;
    }
    line += item.str;
    if (item.hasEOL) endLine();
  }
  endParagraph();
  return paragraphs.join("\n\n");
}

/** Keeps line ends (tables, addresses), takes out the hyphen of a word divided between lines. */
function joinLines(lines: readonly string[]): string {
  return lines
    .map((line) => paragraph(line.replace(/^[•●▪◦‣∙·]\s*/, "- ")).replace(/^\\- /, "- "))
    .join("\n")
    .replace(/(\p{Ll})[\u00ad-]\n(\p{Ll})/gu, "$1$2")
    .replaceAll("\0", "\ufffd")
    .toWellFormed();
}
