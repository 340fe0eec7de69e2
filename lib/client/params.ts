import { isStorable } from "#lib/contract/storable.ts";

/** Search parameters of a page as Next hands them over. */
export type SearchParams = Promise<Readonly<Record<string, string | string[] | undefined>>>;

/** One value, trimmed; undefined when absent, empty, repeated, absurdly long or nothing a database can look for. */
export function one(value: string | string[] | undefined, max = 500): string | undefined {
  if (typeof value !== "string") return undefined;
  const text = value.trim();
  return text && text.length <= max && isStorable(text) ? text : undefined;
}

/** "?a=1&b=2" of what is set, or "". */
export function query(values: Readonly<Record<string, string | undefined>>): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value) params.set(name, value);
  const text = params.toString();
  return text ? `?${text}` : "";
}
