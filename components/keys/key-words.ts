import type { AccessScope } from "#lib/contract/access.ts";
import type { KeyView } from "#lib/contract/views.ts";
import { count } from "#lib/client/format.ts";

/** What keys may do, in words for people. */

export const scopeWords: readonly { readonly scope: AccessScope; readonly title: string; readonly text: string }[] = [
  { scope: "read", title: "Read", text: "See and search documents, see connections and settings." },
  { scope: "write", title: "Write", text: "Add, change and delete documents." },
  {
    scope: "connections",
    title: "Connections",
    text: "Connect, sync and remove sources, change settings, make keys.",
  },
];

/** "Read and write" */
export function scopeLine(scopes: readonly AccessScope[]): string {
  if (scopes.length === scopeWords.length) return "Everything";
  const names = scopeWords.filter(({ scope }) => scopes.includes(scope)).map(({ title }) => title.toLowerCase());
  const line = names.join(" and ");
  return line.charAt(0).toUpperCase() + line.slice(1);
}

const windowWords: Readonly<Record<number, string>> = { 1_000: "a second", 60_000: "a minute", 3_600_000: "an hour" };

/** "500 requests a minute" */
export function rateLine({ max, windowMs }: NonNullable<KeyView["rate"]>): string {
  return `${count(max)} ${max === 1 ? "request" : "requests"} ${windowWords[windowMs] ?? `in ${count(windowMs)} ms`}`;
}

export const windowOptions = [
  { value: "1000", label: "a second" },
  { value: "60000", label: "a minute" },
  { value: "3600000", label: "an hour" },
] as const;

export const lifetimeOptions = [
  { value: "", label: "Until it is revoked" },
  { value: "7", label: "7 days" },
  { value: "30", label: "30 days" },
  { value: "90", label: "90 days" },
  { value: "365", label: "One year" },
] as const;

export const graceOptions = [
  { value: "86400", title: "Works for another day", text: "Time to give the new one to every program." },
  { value: "604800", title: "Works for another week", text: undefined },
  { value: "3600", title: "Works for another hour", text: undefined },
  { value: "0", title: "Stops at once", text: "If somebody may have it who should not." },
] as const;
