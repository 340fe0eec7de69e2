import { decodeHTMLAttribute } from "entities";
import { tagOf } from "./tags.ts";
import type { Tag } from "./tags.ts";

/**
 * A forward-only HTML tokenizer after the WHATWG states that matter for text: comments, raw text elements, quoted and
 * bare attributes, stray `<`. It hands out offsets instead of strings, so text is copied once, by whoever keeps it.
 * Linear in the input: every search starts where the last one ended, and what is never closed ends the document.
 */
export interface TokenHandler {
  open(tag: Tag, attributes: Attributes): void;
  close(tag: Tag): void;
  /** Characters of `source` from start to end, entities not yet decoded. */
  text(source: string, start: number, end: number): void;
  title(text: string): void;
}

/** Attribute values of one start tag, decoded; one object is reused for all of them. `undefined` = absent. */
export class Attributes {
  href: string | undefined;
  src: string | undefined;
  alt: string | undefined;
  class: string | undefined;
  id: string | undefined;
  role: string | undefined;
  rel: string | undefined;
  name: string | undefined;
  content: string | undefined;
  property: string | undefined;
  lang: string | undefined;
  style: string | undefined;
  type: string | undefined;
  start: string | undefined;
  colspan: string | undefined;
  rowspan: string | undefined;
  hidden: string | undefined;
  checked: string | undefined;
  ariaHidden: string | undefined;
  dataLang: string | undefined;
  alttext: string | undefined;
  httpEquiv: string | undefined;
  private dirty = false;

  /** Any attribute worth looking at. */
  get present(): boolean {
    return this.dirty;
  }

  clear(): void {
    if (!this.dirty) return;
    this.dirty = false;
    this.href = this.src = this.alt = this.class = this.id = this.role = this.rel = this.name = undefined;
    this.content = this.property = this.lang = this.style = this.type = this.start = undefined;
    this.colspan = this.rowspan = this.hidden = this.checked = undefined;
    this.ariaHidden = this.dataLang = this.alttext = this.httpEquiv = undefined;
  }

  /** Keeps the first value of a wanted attribute, as browsers do. */
  set(name: string, value: string): void {
    this.dirty = true;
    switch (name) {
      case "href":
        this.href ??= value;
        break;
      case "class":
        this.class ??= value;
        break;
      case "id":
        this.id ??= value;
        break;
      case "src":
      case "data-src":
        this.src ??= value;
        break;
      case "alt":
        this.alt ??= value;
        break;
      case "role":
        this.role ??= value.toLowerCase();
        break;
      case "rel":
        this.rel ??= value.toLowerCase();
        break;
      case "name":
        this.name ??= value;
        break;
      case "content":
        this.content ??= value;
        break;
      case "property":
        this.property ??= value;
        break;
      case "lang":
        this.lang ??= value;
        break;
      case "style":
        this.style ??= value;
        break;
      case "type":
        this.type ??= value;
        break;
      case "start":
        this.start ??= value;
        break;
      case "colspan":
        this.colspan ??= value;
        break;
      case "rowspan":
        this.rowspan ??= value;
        break;
      case "hidden":
        this.hidden ??= value;
        break;
      case "checked":
        this.checked ??= value;
        break;
      case "aria-hidden":
        this.ariaHidden ??= value;
        break;
      case "data-lang":
      case "data-language":
        this.dataLang ??= value;
        break;
      case "alttext":
        this.alttext ??= value;
        break;
      case "http-equiv":
        this.httpEquiv ??= value.toLowerCase();
        break;
      default:
    }
  }
}

const QUOTE = 34;
const APOSTROPHE = 39;
const SLASH = 47;
const EQUALS = 61;
const GREATER = 62;

const isLetter = (c: number) => (c >= 97 && c <= 122) || (c >= 65 && c <= 90);

/** Attribute names start with one of these when we want them: a cheap filter in front of the comparison. */
const wantedStart = new Uint8Array(128);
for (const letter of "hcisarnlptd") {
  wantedStart[letter.charCodeAt(0)] = 1;
  wantedStart[letter.toUpperCase().charCodeAt(0)] = 1;
}

/** Characters kept of one attribute value: URLs are shorter, inline styles and data: URLs are not worth copying. */
const MAX_VALUE = 4096;

/** Reads the attributes between `k` and the closing `>`; returns the offset after `>`, or the length when unclosed. */
function readAttributes(source: string, from: number, into: Attributes): number {
  const n = source.length;
  let k = from;
  for (;;) {
    let c = source.charCodeAt(k);
    while (k < n && (c <= 32 || c === SLASH)) c = source.charCodeAt(++k);
    if (k >= n) return n;
    if (c === GREATER) return k + 1;
    const start = k;
    // A leading "=" belongs to the name, as in browsers.
    c = source.charCodeAt(++k);
    while (k < n && c > 32 && c !== EQUALS && c !== GREATER && c !== SLASH) c = source.charCodeAt(++k);
    const end = k;
    while (k < n && c <= 32) c = source.charCodeAt(++k);
    let valueStart = end;
    let valueEnd = end;
    if (c === EQUALS) {
      c = source.charCodeAt(++k);
      while (k < n && c <= 32) c = source.charCodeAt(++k);
      if (c === QUOTE || c === APOSTROPHE) {
        valueStart = k + 1;
        valueEnd = source.indexOf(c === QUOTE ? '"' : "'", valueStart);
        if (valueEnd < 0) return n;
        k = valueEnd + 1;
      } else {
        valueStart = k;
        while (k < n && c > 32 && c !== GREATER) c = source.charCodeAt(++k);
        valueEnd = k;
      }
    }
    const first = source.charCodeAt(start);
    if (first < 128 && wantedStart[first] === 1 && end - start <= 13) {
      let value = source.slice(valueStart, Math.min(valueEnd, valueStart + MAX_VALUE));
      if (value.includes("&")) value = decodeHTMLAttribute(value);
      if (value.includes("\0")) value = value.replaceAll("\0", "\ufffd");
      const name = source.slice(start, end);
      into.set(first > 96 ? name : name.toLowerCase(), value);
    }
  }
}

/** Offset after a comment that starts at `from` (just after `<!--`). */
function commentEnd(source: string, from: number): number {
  if (source.charCodeAt(from) === GREATER) return from + 1;
  if (source.startsWith("->", from)) return from + 2;
  for (let k = source.indexOf("--", from); k >= 0; k = source.indexOf("--", k + 1)) {
    if (source.charCodeAt(k + 2) === GREATER) return k + 3;
    if (source.startsWith("!>", k + 2)) return k + 4;
  }
  return source.length;
}

/** Offset of the `</name` that ends a raw text element, or the length. */
function rawEnd(source: string, from: number, name: string): number {
  for (let k = source.indexOf("</", from); k >= 0; k = source.indexOf("</", k + 2)) {
    const after = k + 2 + name.length;
    const c = source.charCodeAt(after);
    if ((after >= source.length || c <= 32 || c === SLASH || c === GREATER) && matches(source, k + 2, name)) return k;
  }
  return source.length;
}

function matches(source: string, at: number, name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    if ((source.charCodeAt(at + i) | 32) !== name.charCodeAt(i)) return false;
  }
  return true;
}

/** Runs the whole document through the handler. */
export function tokenize(source: string, handler: TokenHandler): void {
  const n = source.length;
  const attributes = new Attributes();
  let i = 0;
  let textStart = 0;
  while (i < n) {
    const lt = source.indexOf("<", i);
    if (lt < 0) break;
    let c = source.charCodeAt(lt + 1);
    const closing = c === SLASH;
    if (closing) c = source.charCodeAt(lt + 2);
    if (!isLetter(c)) {
      if (c === 33 || c === 63 || (closing && lt + 2 < n)) {
        if (lt > textStart) handler.text(source, textStart, lt);
        if (!closing && source.startsWith("!--", lt + 1)) i = commentEnd(source, lt + 4);
        else {
          const end = source.indexOf(">", lt + 1);
          i = end < 0 ? n : end + 1;
        }
        textStart = i;
      } else i = lt + 1;
      continue;
    }
    if (lt > textStart) handler.text(source, textStart, lt);
    const nameStart = closing ? lt + 2 : lt + 1;
    let k = nameStart + 1;
    c = source.charCodeAt(k);
    while (c > 32 && c !== GREATER && c !== SLASH) c = source.charCodeAt(++k);
    const tag = tagOf(source.slice(nameStart, k));
    attributes.clear();
    i = c === GREATER ? k + 1 : k >= n ? n : readAttributes(source, k, attributes);
    if (closing) handler.close(tag);
    else if (i <= n && source.charCodeAt(i - 1) === GREATER) {
      handler.open(tag, attributes);
      if (tag.raw !== "none") {
        const end = rawEnd(source, i, tag.name);
        if (tag.raw === "title") handler.title(source.slice(i, Math.min(end, i + 2 * MAX_VALUE)));
        i = end;
      }
    }
    textStart = i;
  }
  if (textStart < n) handler.text(source, textStart, n);
}
