/** bytes → Markdown. The work happens in worker threads with time, memory and size limits (lib/extract/pool.ts). */

/** Document types of the public API that extraction can yield. */
export type DocumentType =
  "text" | "pdf" | "webpage" | "google_doc" | "google_sheet" | "google_slide" | "onedrive" | "notion_doc";

export interface ExtractInput {
  /** Ownership passes to the extractor: the buffer may be transferred and must not be used afterwards. */
  readonly bytes: Uint8Array;
  /** as declared by the source, parameters allowed; magic bytes win over it */
  readonly mime?: string;
  /** last path segment, for its extension */
  readonly filename?: string;
  readonly url?: string;
}

export interface Extracted {
  /** Markdown, never empty, well-formed Unicode without NUL */
  readonly markdown: string;
  readonly title?: string;
  /** what the bytes turned out to be, e.g. `application/pdf` */
  readonly mime: string;
  readonly type: DocumentType;
}

/** Why nothing could be extracted. All of these skip or fail one item; none is fatal. */
export type ExtractReason =
  "unsupported_type" | "too_large" | "encrypted" | "broken" | "bomb" | "timeout" | "memory" | "empty";

export class ExtractError extends Error {
  readonly reason: ExtractReason;
  constructor(reason: ExtractReason, message: string) {
    super(message);
    this.name = "ExtractError";
    this.reason = reason;
  }
}

export interface PageInput {
  /** Ownership passes to the extractor. */
  readonly bytes: Uint8Array;
  /** final URL, after redirects */
  readonly url: string;
  /** Content-Type header as received */
  readonly contentType?: string;
}

/** One web page in one pass of the tokenizer: what the crawler follows and what gets stored. */
export interface Page {
  readonly title: string;
  readonly description?: string;
  readonly lang?: string;
  /** absolute, as written in <link rel=canonical> */
  readonly canonical?: string;
  readonly noindex: boolean;
  /** page-wide; links with rel=nofollow are left out of `links` already */
  readonly nofollow: boolean;
  /** absolute http(s) URLs without fragment, in order, distinct (at most 10,000) */
  readonly links: readonly string[];
  /** every block of the body that could be content, joined by blank lines */
  readonly markdown: string;
  /** per block four numbers: start, end (offsets into markdown), 32-bit hash of its normalised text, BlockFlag bits */
  readonly blocks: Uint32Array;
}

export const BlockFlag = {
  /** inside <main>, <article>, role=main or an element generators name as their content */
  main: 1,
  /** mostly links: a list of them, a breadcrumb, a pager */
  links: 2,
  heading: 4,
  code: 8,
  table: 16,
  /** inside nav, aside, header or footer by tag, role or class name */
  chrome: 32,
} as const;

export interface Extractor {
  /** @throws ExtractError */
  extract(input: ExtractInput, signal?: AbortSignal): Promise<Extracted>;
  /** @throws ExtractError */
  page(input: PageInput, signal?: AbortSignal): Promise<Page>;
  close(): Promise<void>;
}
