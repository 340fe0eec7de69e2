import { uriDecodeKey } from "./uri.ts";

/** One object of a listing. */
export interface Entry {
  /** text of the key's bytes (contract/key.ts) */
  readonly key: string;
  /** without quotes; "" if the store sends none */
  readonly etag: string;
  readonly size: number;
  readonly lastModified: Date | undefined;
  /** "" = standard */
  readonly storageClass: string;
}

export interface ListPage {
  readonly entries: readonly Entry[];
  readonly truncated: boolean;
  /** where to go on; undefined although truncated = the store's mistake */
  readonly token: string | undefined;
}

/** The reply is not a listing. */
export class ListPageError extends Error {
  /** HTML or anything else that never was XML: probably not an S3 store */
  readonly foreign: boolean;
  constructor(message: string, foreign = false) {
    super(message);
    this.name = "ListPageError";
    this.foreign = foreign;
  }
}

/** Longer text than any key, token or owner name has; percent-encoding makes three characters of a byte. */
const maxText = 8_192;
const maxDepth = 8;

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** @throws ListPageError */
export function parseListPage(bytes: Uint8Array): ListPage {
  let xml: string;
  try {
    xml = utf8.decode(bytes);
  } catch {
    throw new ListPageError("it is not UTF-8 text", true);
  }
  return new Scanner(xml).page();
}

type Draft = { key?: string; etag?: string; size?: number; lastModified?: Date; storageClass?: string };

/**
 * A scanner for exactly this document: elements, text, the five named and numeric references. Everything a listing never
 * has (a document type, CDATA, comments, other roots, an end before the end) is an error, because a listing that is
 * misread as shorter than it is would look like deletions.
 */
class Scanner {
  readonly #xml: string;
  #at = 0;
  readonly #open: string[] = [];
  readonly #keys: Draft[] = [];
  readonly #entries: Entry[] = [];
  #draft: Draft | undefined;
  #truncated: boolean | undefined;
  #token: string | undefined;
  #encoded = false;

  constructor(xml: string) {
    this.#xml = xml;
  }

  page(): ListPage {
    const xml = this.#xml;
    this.#start();
    while (this.#open.length > 0) {
      const tag = xml.indexOf("<", this.#at);
      if (tag < 0) throw new ListPageError("it ends in the middle");
      if (xml.charCodeAt(tag + 1) === 47 /* / */) this.#close(tag);
      else this.#element(tag);
    }
    if (xml.slice(this.#at).trim() !== "") throw new ListPageError("something follows its end");
    return this.#result();
  }

  /** The XML declaration, if any, and the root. */
  #start(): void {
    const xml = this.#xml;
    let at = skipBlanks(xml, 0);
    if (xml.startsWith("<?xml", at)) {
      const end = xml.indexOf("?>", at);
      if (end < 0) throw new ListPageError("it ends in the middle");
      at = skipBlanks(xml, end + 2);
    }
    if (at >= xml.length) throw new ListPageError("it is empty");
    if (xml.startsWith("<!DOCTYPE html", at) || /^<(?:!doctype )?html[\s>]/i.test(xml.slice(at, at + 30))) {
      throw new ListPageError("it is a web page", true);
    }
    if (xml.startsWith("<!", at)) throw new ListPageError("it declares a document type, which is not accepted");
    if (xml.charCodeAt(at) !== 60) throw new ListPageError("it is not XML", true);
    const root = this.#opening(at);
    if (root.name !== "ListBucketResult") {
      throw new ListPageError(`its root is ${root.name.slice(0, 60)}, not ListBucketResult`, true);
    }
    if (root.empty) throw new ListPageError("it is empty");
    this.#open.push(root.name);
  }

  /** @returns the tag's name; moves behind it */
  #opening(tag: number): { name: string; empty: boolean } {
    const xml = this.#xml;
    const end = xml.indexOf(">", tag);
    if (end < 0) throw new ListPageError("it ends in the middle");
    this.#at = end + 1;
    const empty = xml.charCodeAt(end - 1) === 47;
    let name = xml.slice(tag + 1, empty ? end - 1 : end);
    // Attributes: only namespaces occur, and none of their values contains ">".
    const blank = name.search(/\s/);
    if (blank >= 0) name = name.slice(0, blank);
    if (!/^[A-Za-z_][\w.:-]*$/.test(name)) throw new ListPageError("it contains markup that no listing has");
    return { name, empty };
  }

  #element(tag: number): void {
    const xml = this.#xml;
    const { name, empty } = this.#opening(tag);
    if (empty) {
      this.#leaf(name, "");
      return;
    }
    const next = xml.indexOf("<", this.#at);
    if (next < 0) throw new ListPageError("it ends in the middle");
    const after = next + 2 + name.length;
    if (xml.charCodeAt(next + 1) === 47 && xml.charCodeAt(after) === 62 && xml.startsWith(name, next + 2)) {
      const text = xml.slice(this.#at, next);
      this.#at = after + 1;
      this.#leaf(name, text);
      return;
    }
    if (this.#open.length >= maxDepth) throw new ListPageError("it is nested too deeply");
    if (name === "Contents" && this.#open.length === 1) this.#draft = {};
    this.#open.push(name);
  }

  #close(tag: number): void {
    const xml = this.#xml;
    const name = this.#open.pop() ?? "";
    if (!xml.startsWith(name, tag + 2)) throw new ListPageError("its elements do not match");
    const end = xml.indexOf(">", tag);
    if (end < 0) throw new ListPageError("it ends in the middle");
    if (xml.slice(tag + 2 + name.length, end).trim() !== "") throw new ListPageError("its elements do not match");
    this.#at = end + 1;
    if (name === "Contents" && this.#open.length === 1 && this.#draft) {
      this.#keys.push(this.#draft);
      this.#draft = undefined;
    }
  }

  #leaf(name: string, raw: string): void {
    if (this.#open.length === 2) {
      if (this.#draft) this.#fact(this.#draft, name, raw);
      return;
    }
    if (this.#open.length !== 1) return;
    if (name === "IsTruncated") {
      const text = raw.trim();
      if (text !== "true" && text !== "false") throw new ListPageError("IsTruncated is neither true nor false");
      if (this.#truncated !== undefined) throw new ListPageError("it says twice whether it is complete");
      this.#truncated = text === "true";
    } else if (name === "NextContinuationToken") {
      this.#token = decodeText(raw) || undefined;
    } else if (name === "EncodingType") {
      this.#encoded = raw.trim().toLowerCase() === "url";
    } else if (name === "Contents") {
      throw new ListPageError("an object has no key");
    }
  }

  #fact(draft: Draft, name: string, raw: string): void {
    switch (name) {
      case "Key":
        if (draft.key !== undefined) throw new ListPageError("an object has two keys");
        draft.key = decodeText(raw);
        return;
      case "ETag":
        draft.etag = bareEtag(decodeText(raw));
        return;
      case "Size":
        if (!/^\d{1,15}$/.test(raw)) throw new ListPageError("an object has no sensible size");
        draft.size = Number(raw);
        return;
      case "LastModified": {
        const date = new Date(raw);
        if (!Number.isNaN(date.getTime())) draft.lastModified = date;
        return;
      }
      case "StorageClass":
        draft.storageClass = decodeText(raw);
        return;
      default:
    }
  }

  #result(): ListPage {
    if (this.#truncated === undefined) throw new ListPageError("it does not say whether it is complete");
    for (const draft of this.#keys) {
      if (!draft.key) throw new ListPageError("an object has no key");
      if (draft.size === undefined) throw new ListPageError("an object has no sensible size");
      this.#entries.push({
        // EncodingType comes after the first keys with some stores, so keys are decoded at the end.
        key: this.#encoded ? uriDecodeKey(draft.key) : draft.key,
        etag: draft.etag ?? "",
        size: draft.size,
        lastModified: draft.lastModified,
        storageClass: draft.storageClass ?? "",
      });
    }
    return { entries: this.#entries, truncated: this.#truncated, token: this.#token };
  }
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (at < text.length && text.charCodeAt(at) <= 32) at++;
  return at;
}

function bareEtag(text: string): string {
  const strong = text.startsWith("W/") ? text.slice(2) : text;
  const bare = strong.startsWith('"') && strong.endsWith('"') && strong.length >= 2 ? strong.slice(1, -1) : strong;
  // It becomes part of a version and of a header; anything else than an ordinary ETag counts as none.
  return /^[\x21\x23-\x7e]{1,200}$/.test(bare) ? bare : "";
}

const named: Readonly<Record<string, string>> = { quot: '"', apos: "'", lt: "<", gt: ">", amp: "&" };

/** References resolved; any other entity is an error, since none can have been declared. */
function decodeText(raw: string): string {
  if (raw.length > maxText) throw new ListPageError("it contains a text longer than any key");
  if (!raw.includes("&")) return raw;
  return raw.replace(/&([^;&]{0,10});?/g, (whole, body: string) => {
    const text = named[body] ?? numeric(body);
    if (text === undefined || !whole.endsWith(";")) throw new ListPageError("it uses an entity that is not declared");
    return text;
  });
}

function numeric(body: string): string | undefined {
  const match = /^#(?:x([0-9a-fA-F]{1,6})|(\d{1,7}))$/.exec(body);
  if (!match) return undefined;
  const code = match[1] === undefined ? Number(match[2]) : Number.parseInt(match[1], 16);
  return code === 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? undefined : String.fromCodePoint(code);
}
