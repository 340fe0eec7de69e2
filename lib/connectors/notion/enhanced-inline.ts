/** The details of Notion's Markdown within a line. */

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
export function withoutCode(text: string, change: (words: string) => string): string {
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
    const same = part.startsWith("`") && !words.endsWith("\\") ? runs.get(part) : undefined;
    while (same && same[0] !== undefined && same[0] <= at) same.shift();
    const end = same?.[0];
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
