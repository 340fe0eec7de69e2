import { isUtf8 } from "node:buffer";
import { charsetParameter, decodeBytes } from "./charset.ts";
import { guessDelimiter, parseDelimited } from "./csv.ts";
import { detect } from "./detect.ts";
import { gridToMarkdown, MAX_GRID_COLUMNS } from "./grid.ts";
import { fencedBlock } from "./html/code-block.ts";
import { extensionOf, mimeOf } from "./supported.ts";
import type { Format } from "./supported.ts";
import { ExtractError } from "./types.ts";
import type { ExtractInput, Extracted } from "./types.ts";

/** Text formats: decoding, at most a table or a fence around it. */
export type PlainFormat = Extract<
  Format,
  "markdown" | "text" | "code" | "csv" | "tsv" | "json" | "jsonl" | "yaml" | "xml"
>;

const plainFormats: ReadonlySet<string> = new Set<PlainFormat>([
  "markdown",
  "text",
  "code",
  "csv",
  "tsv",
  "json",
  "jsonl",
  "yaml",
  "xml",
]);

/** Files up to this size are read on the calling thread: moving them would take longer. */
const INLINE_BYTES = 256 * 1024;
const INLINE_TABLE_BYTES = 32 * 1024;
/** A longer table stays delimited text. */
const MAX_TABLE_CELLS = 100_000;
/** Front matter is short; a `---` far down is something else. */
const MAX_FRONT_MATTER = 16_384;

/**
 * Small plain-text files, at once. Undefined when a worker thread has to do it.
 * @throws ExtractError for what is recognised as unsupported, without waking a thread
 */
export function extractPlain(input: ExtractInput): Extracted | undefined {
  if (input.bytes.byteLength > INLINE_BYTES) return undefined;
  const format = detect(input);
  if (!isPlain(format)) return undefined;
  if ((format === "csv" || format === "tsv") && input.bytes.byteLength > INLINE_TABLE_BYTES) return undefined;
  return convertPlain(format, input);
}

export function isPlain(format: string): format is PlainFormat {
  return plainFormats.has(format);
}

export function convertPlain(format: PlainFormat, input: ExtractInput): Extracted {
  const text = decode(input);
  let markdown: string;
  let title: string | undefined;
  switch (format) {
    case "markdown":
      ({ markdown, title } = readMarkdown(text));
      break;
    case "text":
      markdown = text;
      break;
    case "csv":
    case "tsv":
      markdown = readTable(text, format);
      break;
    case "code":
      markdown = fencedBlock(text, languageOfExtension(input.filename)) ?? "";
      break;
    default:
      markdown = fencedBlock(text, format) ?? "";
  }
  markdown = markdown.trim();
  if (markdown === "") throw new ExtractError("empty", "The file contains no text.");
  return { markdown, ...(title !== undefined && { title }), mime: mimeOf(format), type: "text" };
}

/** Text with Unix line ends, well-formed, without NUL. */
function decode(input: ExtractInput): string {
  const { bytes, mime } = input;
  const declared = charsetParameter(mime);
  let text =
    declared === undefined && isUtf8(bytes) && bytes[0] !== 0xef
      ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8")
      : decodeBytes(bytes, declared);
  if (text.includes("\r")) text = text.replace(/\r\n?/g, "\n");
  return text.includes("\0") ? text.replaceAll("\0", "\ufffd") : text;
}

/** The body without its front matter, and the title from there or from the first heading. */
function readMarkdown(text: string): { markdown: string; title: string | undefined } {
  let markdown = text;
  let title: string | undefined;
  const front = /^(---|\+\+\+)[ \t]*\n([\s\S]*?)\n(?:---|\+\+\+|\.\.\.)[ \t]*(?:\n|$)/.exec(
    text.slice(0, MAX_FRONT_MATTER),
  );
  if (front !== null && /^[\w-]+[ \t]*[:=]/m.test(front[2] ?? "")) {
    markdown = text.slice(front[0].length);
    const line = /^title[ \t]*[:=][ \t]*(.+)$/im.exec(front[2] ?? "")?.[1]?.trim();
    title = line === undefined ? undefined : (/^(["'])(.*)\1$/.exec(line)?.[2] ?? line);
  }
  title ??= /^ {0,3}# +(.+?)(?: +#+)? *$/m.exec(markdown.slice(0, MAX_FRONT_MATTER))?.[1];
  return { markdown, title: title === undefined || title.trim() === "" ? undefined : title.trim().slice(0, 1000) };
}

function readTable(text: string, format: "csv" | "tsv"): string {
  const delimiter = format === "tsv" ? "\t" : guessDelimiter(text);
  const rows = parseDelimited(text.replace(/^sep=.\n/, ""), delimiter, MAX_TABLE_CELLS);
  if (rows === undefined || rows.some((row) => row.length > MAX_GRID_COLUMNS)) return fencedBlock(text, "csv") ?? "";
  return gridToMarkdown(rows);
}

const languages: Readonly<Record<string, string>> = {
  mjs: "js",
  cjs: "js",
  mts: "ts",
  cts: "ts",
  py: "python",
  pyi: "python",
  rb: "ruby",
  rs: "rust",
  sh: "bash",
  zsh: "bash",
  h: "c",
  hpp: "cpp",
  cc: "cpp",
  cxx: "cpp",
  cs: "csharp",
  kt: "kotlin",
  kts: "kotlin",
  ps1: "powershell",
  env: "ini",
  conf: "ini",
  cfg: "ini",
  patch: "diff",
};

function languageOfExtension(filename: string | undefined): string | undefined {
  const extension = extensionOf(filename);
  return extension === undefined ? undefined : (languages[extension] ?? extension);
}
