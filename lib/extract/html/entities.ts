import { decodeHTML } from "entities";

const entity = /&(?:#[xX]?[0-9a-fA-F]{1,12}|[A-Za-z][A-Za-z0-9]{0,40});?/y;
/** What makes an entity of an ampersand in front of it. */
export const entityTail = /(?:#[xX]?[0-9a-fA-F]{1,12}|[A-Za-z][A-Za-z0-9]{0,40});/y;
const decoded = new Map<string, string>();

/** The text of the entity at `at` (`&`) and how long it is in the source; a bare `&` is itself. */
export function entityAt(source: string, at: number): { text: string; length: number } {
  entity.lastIndex = at;
  const raw = entity.exec(source)?.[0];
  if (raw === undefined) return { text: "&", length: 1 };
  let text = decoded.get(raw);
  if (text === undefined) {
    text = decodeHTML(raw).replaceAll("\0", "\ufffd");
    if (decoded.size < 1024) decoded.set(raw, text);
  }
  return { text, length: raw.length };
}

/** Entities decoded, nothing else changed: for code, where white space and Markdown characters are literal. */
export function decodeText(source: string, start: number, end: number): string {
  const text = source.slice(start, end);
  const plain = text.includes("&") ? decodeHTML(text) : text;
  return plain.includes("\0") ? plain.replaceAll("\0", "") : plain;
}
