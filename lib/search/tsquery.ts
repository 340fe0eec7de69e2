/** Building `tsquery` texts out of parts that PostgreSQL made or that are quoted here; nothing a person typed gets in raw. */

/** No word begins so: words have no colons (words.ts). */
export const titleMark = "t:";

const lexeme = /('(?:[^']|'')*')(?::(\*)?[A-D]*)?/g;

export function either(queries: readonly string[]): string {
  return queries.length === 1 ? (queries[0] ?? "") : queries.map((query) => `(${query})`).join(" | ");
}

export function all(queries: readonly string[]): string {
  return queries.length === 1 ? (queries[0] ?? "") : queries.map((query) => `(${query})`).join(" & ");
}

/** What begins with these letters, as they are. */
export function beginning(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}':*`;
}

/** The same within titles only. */
export function inTitle(query: string): string {
  return query.replaceAll(lexeme, (_, quoted: string, prefix = "") => `${quoted}:${prefix}A`);
}

/** Any of its words among the marks that a document's first chunk has of its title's words (index-batch.ts). */
export function marksOf(queries: readonly string[]): string {
  const found = queries.flatMap((query) =>
    [...query.matchAll(lexeme)].map(
      ([, quoted = "", prefix]) => `'${titleMark}${quoted.slice(1)}${prefix ? ":*" : ""}`,
    ),
  );
  return [...new Set(found)].join(" | ");
}

/** Any single word of it, phrases taken apart. */
export function anyLexeme(queries: readonly string[]): string {
  const found = queries.flatMap((query) =>
    [...query.matchAll(lexeme)].map(([, quoted, prefix]) => `${quoted}${prefix ? ":*" : ""}`),
  );
  return [...new Set(found)].join(" | ");
}

/** Its words as they are in the index, without quotes. */
export function lexemesOf(queries: readonly string[]): readonly string[] {
  const found = queries.flatMap((query) =>
    [...query.matchAll(lexeme)].map(([, quoted = ""]) =>
      quoted.slice(1, -1).replaceAll(/''|\\\\/g, (two) => two.slice(1)),
    ),
  );
  return [...new Set(found)];
}
