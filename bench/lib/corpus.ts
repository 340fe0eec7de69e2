import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";

/** Real English text to search: the manuals of PostgreSQL and SQLite as Debian packages have them. */

const folders = ["/usr/share/doc/postgresql-doc-15/html", "/usr/share/doc/sqlite3-doc"];

export interface Page {
  readonly title: string;
  readonly text: string;
}

/** Undefined = neither package is installed. */
export function corpus(): readonly Page[] | undefined {
  const pages = folders
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      readdirSync(folder)
        .filter((name) => name.endsWith(".html"))
        .sort()
        .map((name) => pageOf(name, readFileSync(path.join(folder, name), "utf8"))),
    )
    .filter(({ text }) => text.length > 500);
  return pages.length > 0 ? pages : undefined;
}

function pageOf(name: string, html: string): Page {
  const title =
    /<title>([^<]*)/
      .exec(html)?.[1]
      ?.replaceAll(/&#?\w+;/g, " ")
      .trim() || name;
  const text = html
    .replaceAll(/<(script|style|head)\b[^]*?<\/\1>/g, " ")
    .replaceAll(/<\/(p|pre|div|li|tr|h\d)>/g, "\n\n")
    .replaceAll(/<[^>]+>/g, " ")
    .replaceAll(/&#?\w+;/g, " ")
    .replaceAll(/[ \t]+/g, " ")
    .replaceAll(/\s*\n\s*\n\s*/g, "\n\n")
    .trim();
  return { title, text };
}

/** The same numbers every time: xorshift. */
export function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** `count` documents of about `length` characters, cut from the pages at other places each time round. */
export function* documentsOf(pages: readonly Page[], length: number): Generator<Page> {
  for (let round = 0; ; round++)
    for (const { title, text } of pages)
      for (let at = round * 337; at < text.length - 300; at += length) {
        const from = text.indexOf(" ", at) + 1;
        yield { title, text: text.slice(from, from + length) };
      }
}

/** Queries of 1 to 3 words that stand in one document together. */
export function queriesOf(documents: readonly Page[], count: number, random: () => number): readonly string[] {
  const pick = <T>(items: readonly T[]): T | undefined => items[Math.floor(random() * items.length)];
  return Array.from({ length: count }, () => {
    const text = pick(documents)?.text ?? "";
    const at = Math.floor(random() * Math.max(1, text.length - 600));
    const words = text.slice(at, at + 600).match(/\b[a-z]{3,}\b/gi) ?? ["table"];
    const wanted = 1 + Math.floor(random() * 3);
    return Array.from({ length: wanted }, () => pick(words) ?? "table").join(" ");
  });
}
