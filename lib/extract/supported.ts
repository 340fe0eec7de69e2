/** What a file turned out to be; each has its reader in convert.ts or plain.ts. */
export type Format =
  | "html"
  | "markdown"
  | "text"
  | "code"
  | "csv"
  | "tsv"
  | "json"
  | "jsonl"
  | "yaml"
  | "xml"
  | "pdf"
  | "docx"
  | "pptx"
  | "xlsx"
  | "odt"
  | "odp"
  | "ods"
  | "epub"
  | "rtf";

export interface SupportedType {
  readonly format: Format;
  /** as people call it */
  readonly name: string;
  /** lower case, without the dot */
  readonly extensions: readonly string[];
  /** the first is the one reported */
  readonly mimes: readonly string[];
  /** what becomes of it */
  readonly result: string;
}

/** Every kind of file whose text is read. Everything else is skipped with its type named. */
export const supportedTypes: readonly SupportedType[] = [
  {
    format: "html",
    name: "Web page",
    extensions: ["html", "htm", "xhtml", "xht"],
    mimes: ["text/html", "application/xhtml+xml"],
    result: "main content with headings, tables, code and links",
  },
  {
    format: "markdown",
    name: "Markdown",
    extensions: ["md", "markdown", "mdown", "mkd", "mdx"],
    mimes: ["text/markdown", "text/x-markdown"],
    result: "kept as it is; title from the front matter",
  },
  {
    format: "text",
    name: "Plain text",
    extensions: ["txt", "text", "log", "rst", "adoc", "asciidoc", "org", "tex", "srt", "vtt", "eml"],
    mimes: ["text/plain"],
    result: "kept as it is",
  },
  {
    format: "code",
    name: "Source code",
    extensions:
      "js mjs cjs jsx ts mts cts tsx py pyi rb go rs java kt kts scala c h cc cpp cxx hpp cs swift php pl pm lua r jl sql sh bash zsh fish ps1 bat css scss less vue svelte dart ex exs erl hs clj tf proto graphql gql toml ini cfg conf properties env gradle makefile dockerfile diff patch".split(
        " ",
      ),
    mimes: [
      "text/x-source",
      "text/css",
      "text/javascript",
      "application/javascript",
      "application/x-sh",
      "application/toml",
    ],
    result: "a fenced code block",
  },
  {
    format: "csv",
    name: "CSV table",
    extensions: ["csv"],
    mimes: ["text/csv", "application/csv"],
    result: "a table",
  },
  {
    format: "tsv",
    name: "TSV table",
    extensions: ["tsv", "tab"],
    mimes: ["text/tab-separated-values"],
    result: "a table",
  },
  {
    format: "json",
    name: "JSON",
    extensions: ["json", "geojson", "ipynb"],
    mimes: ["application/json"],
    result: "a fenced code block",
  },
  {
    format: "jsonl",
    name: "JSON Lines",
    extensions: ["jsonl", "ndjson"],
    mimes: ["application/jsonl", "application/x-ndjson", "application/x-jsonlines"],
    result: "a fenced code block",
  },
  {
    format: "yaml",
    name: "YAML",
    extensions: ["yaml", "yml"],
    mimes: ["application/yaml", "text/yaml", "application/x-yaml", "text/x-yaml"],
    result: "a fenced code block",
  },
  {
    format: "xml",
    name: "XML",
    extensions: ["xml", "xsd", "xsl", "xslt", "rss", "atom", "opml", "plist"],
    mimes: ["application/xml", "text/xml"],
    result: "a fenced code block",
  },
  {
    format: "pdf",
    name: "PDF",
    extensions: ["pdf"],
    mimes: ["application/pdf", "application/x-pdf"],
    result: "the text of its pages",
  },
  {
    format: "docx",
    name: "Word document",
    extensions: ["docx", "docm", "dotx", "dotm"],
    mimes: [
      "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
      "application/vnd.openxmlformats-officedocument.wordprocessingml.template",
      "application/vnd.ms-word.document.macroenabled.12",
    ],
    result: "headings, lists, tables and links",
  },
  {
    format: "pptx",
    name: "PowerPoint presentation",
    extensions: ["pptx", "pptm", "ppsx", "potx"],
    mimes: [
      "application/vnd.openxmlformats-officedocument.presentationml.presentation",
      "application/vnd.openxmlformats-officedocument.presentationml.slideshow",
      "application/vnd.ms-powerpoint.presentation.macroenabled.12",
    ],
    result: "slides in order, with speaker notes",
  },
  {
    format: "xlsx",
    name: "Excel workbook",
    extensions: ["xlsx", "xlsm", "xltx"],
    mimes: [
      "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
      "application/vnd.ms-excel.sheet.macroenabled.12",
    ],
    result: "every sheet as a table",
  },
  {
    format: "odt",
    name: "OpenDocument text",
    extensions: ["odt", "ott"],
    mimes: ["application/vnd.oasis.opendocument.text"],
    result: "headings, lists, tables and links",
  },
  {
    format: "ods",
    name: "OpenDocument spreadsheet",
    extensions: ["ods", "ots"],
    mimes: ["application/vnd.oasis.opendocument.spreadsheet"],
    result: "every sheet as a table",
  },
  {
    format: "odp",
    name: "OpenDocument presentation",
    extensions: ["odp", "otp"],
    mimes: ["application/vnd.oasis.opendocument.presentation"],
    result: "slides in order, with speaker notes",
  },
  {
    format: "epub",
    name: "EPUB book",
    extensions: ["epub"],
    mimes: ["application/epub+zip"],
    result: "chapters in reading order",
  },
  {
    format: "rtf",
    name: "Rich text (RTF)",
    extensions: ["rtf"],
    mimes: ["application/rtf", "text/rtf"],
    result: "text with its tables",
  },
];

const byFormat = new Map(supportedTypes.map((type) => [type.format, type]));
const byExtension = new Map(supportedTypes.flatMap((type) => type.extensions.map((e) => [e, type.format] as const)));
const byMime = new Map(supportedTypes.flatMap((type) => type.mimes.map((mime) => [mime, type.format] as const)));

/** The MIME type reported for a format. */
export function mimeOf(format: Format): string {
  return byFormat.get(format)?.mimes[0] ?? "text/plain";
}

export function nameOf(format: Format): string {
  return byFormat.get(format)?.name ?? format;
}

/** Lower-case extension of a file name without its dot; the whole name of `Dockerfile` and `Makefile`. */
export function extensionOf(filename: string | undefined): string | undefined {
  if (filename === undefined) return undefined;
  const dot = filename.lastIndexOf(".");
  const extension = (dot < 0 ? filename : filename.slice(dot + 1)).toLowerCase();
  return dot < 0 && extension !== "makefile" && extension !== "dockerfile" ? undefined : extension;
}

export function formatOfExtension(extension: string | undefined): Format | undefined {
  return extension === undefined ? undefined : byExtension.get(extension);
}

/** Format of a MIME type without parameters, lower case. */
export function formatOfMime(mime: string): Format | undefined {
  const known = byMime.get(mime);
  if (known !== undefined) return known;
  if (mime.endsWith("+json")) return "json";
  if (mime.endsWith("+xml") && !mime.startsWith("image/")) return "xml";
  if (mime.startsWith("text/x-") || /^application\/(?:x-)?(?:typescript|x?sh|sql|x-python|x-php)$/.test(mime))
    return "code";
  return undefined;
}
