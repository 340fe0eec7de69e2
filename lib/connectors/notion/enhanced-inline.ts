import { idOf, isShortLived, linkOf } from "./addresses.ts";

/** Notion's own Markdown within a line. */

/** A page or database that stands inside a page. */
export interface Child {
  readonly id: string;
  readonly title: string;
}

/** `icon="💡" color="gray"` as an object. */
export function attributesOf(text: string): Readonly<Record<string, string | undefined>> {
  const attributes: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [, name = "", value = ""] of text.matchAll(/([\w-]+)="([^"]*)"/g)) attributes[name] = unescape(value);
  return attributes;
}

function unescape(value: string): string {
  return value
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("{{", "")
    .replaceAll("}}", "")
    .replaceAll("&amp;", "&");
}

/** Takes `{color="red"}` from the end of a line. */
export function stripAttributes(line: string): string {
  const text = line.trimEnd();
  if (!text.endsWith("}")) return text;
  const open = text.lastIndexOf("{");
  if (open < 0 || text[open - 1] === "\\") return text;
  return /^\{(?:\s*[\w-]+="[^"{}]*")+\s*\}$/.test(text.slice(open)) ? text.slice(0, open).trimEnd() : text;
}

/** Applies `change` to everything but code spans; linear in the length of the text. */
function withoutCode(text: string, change: (words: string) => string): string {
  if (!text.includes("`")) return change(text);
  const parts = text.match(/`+|[^`]+/g) ?? [];
  // For each length of a run of backticks, where such runs are: a span ends with a run as long as its beginning.
  const runs = new Map<string, number[]>();
  for (const [index, part] of parts.entries()) {
    if (!part.startsWith("`")) continue;
    const same = runs.get(part);
    if (same) same.push(index);
    else runs.set(part, [index]);
  }
  let result = "";
  let words = "";
  for (let at = 0; at < parts.length; at++) {
    const part = parts[at] ?? "";
    const same = part.startsWith("`") && !words.endsWith("\\") ? (runs.get(part) ?? []) : [];
    while (same.length > 0 && (same[0] ?? 0) <= at) same.shift();
    const [end] = same;
    if (end === undefined) {
      words += part;
      continue;
    }
    result += change(words) + parts.slice(at, end + 1).join("");
    words = "";
    at = end;
  }
  return result + change(words);
}

// Escaped characters are text. No part of a pattern may begin again where another one failed: texts are long.
const children = /(?<!\\)<(page|database)\s([^<>]*)>((?:[^<\\]|\\.)*)<\/\1>/g;
const files = /(?<!\\)<(file|video|audio|pdf|image)\s([^<>]*)>((?:[^<\\]|\\.)*)<\/\1>/g;
const pictures = /!\[((?:[^[\]\\]|\\.)*)\]\(((?:[^()\s]|\([^()\s]*\))*)\)/g;
const links = /(?<![!\\])\[((?:[^[\]\\]|\\.)*)\]\(((?:[^()\s]|\([^()\s]*\))*)\)/g;
const dates = /(?<!\\)<mention-date\s([^<>]*)>(?:[^<]*<\/mention-date>)?/g;
const mentions = /(?<!\\)<mention-[a-z-]+\s([^<>]*)>(?:((?:[^<\\]|\\.)*)<\/mention-[a-z-]+>)?/g;
const unknown = /(?<!\\)<unknown\s[^<>]*>(?:<\/unknown>)?/g;
const breaks = /(?<!\\)<br\s*\/?>/g;
const spans = /(?<!\\)<\/?(?:span|u|sup|sub)(?:\s[^<>]*)?>/g;

/**
 * Tags of Notion's as plain Markdown; what stands in code stays as it was written.
 * @param onChild told about pages and databases that stand here
 */
export function inlineMarkdown(text: string, onChild: (tag: "page" | "database", child: Child) => void): string {
  const child = (_: string, tag: "page" | "database", attributes: string, title: string): string => {
    const address = attributesOf(attributes)["url"] ?? "";
    const id = idOf(address);
    const name = title.trim() || "Untitled";
    if (id !== null) onChild(tag, { id, title: name });
    return linkOf(name, address);
  };
  return withoutCode(text, (words) =>
    words
      .replace(children, child)
      .replace(files, (_, kind: string, attributes: string, caption: string) =>
        media(kind, attributesOf(attributes)["src"] ?? "", caption),
      )
      .replace(pictures, (_, caption: string, address: string) => media("image", address, caption))
      .replace(links, (whole, label: string, address: string) => (isLostLink(address) ? label : whole))
      .replace(dates, (_, attributes: string) => dateOf(attributes))
      .replace(mentions, (_, attributes: string, name: string | undefined) =>
        mention(attributesOf(attributes)["url"] ?? "", name ?? ""),
      )
      .replace(unknown, "")
      .replace(breaks, "\n")
      .replace(spans, ""),
  );
}

function isLostLink(address: string): boolean {
  return /^(?:https?|file|attachment):/i.test(address) && isShortLived(address);
}

function dateOf(attributes: string): string {
  const { start = "", startTime = "", end = "", endTime = "" } = attributesOf(attributes);
  const [from, to] = [`${start} ${startTime}`.trim(), `${end} ${endTime}`.trim()];
  return to === "" ? from : `${from} → ${to}`;
}

/** People have no address worth keeping; pages have. */
function mention(address: string, words: string): string {
  if (words === "") return "";
  return /^https?:/.test(address) && idOf(address) !== null ? linkOf(words, address) : words;
}

/** A file or picture: a link if its address lasts, else only what it says about itself. */
export function media(kind: string, address: string, caption: string): string {
  const words = caption.replace(/\s+/g, " ").trim();
  if (isShortLived(address)) return words === "" ? "" : `${nameOf(kind)}: ${words}`;
  return kind === "image" ? `!${linkOf(words || "Image", address)}` : linkOf(words || nameOf(kind), address);
}

const nameOf = (kind: string): string => (kind === "pdf" ? "PDF" : kind.charAt(0).toUpperCase() + kind.slice(1));
