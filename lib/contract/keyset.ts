/**
 * Where a keyset listing goes on: the sort key of the last row shown. Opaque to callers, checked when it comes back.
 * Written as base64url of `<time>|<id>`; the time keeps the microseconds a Date would lose.
 */
export interface Keyset {
  readonly at: string;
  readonly id: string;
}

const shape = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?Z)\|([0-9A-Za-z]{1,22})$/;

export function encodeKeyset(keyset: Keyset): string {
  return btoa(`${keyset.at}|${keyset.id}`).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Undefined for anything we did not write. */
export function decodeKeyset(text: string): Keyset | undefined {
  if (text.length > 120 || !/^[\w-]+$/.test(text)) return undefined;
  let decoded: string;
  try {
    decoded = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  } catch {
    return undefined;
  }
  const [, at, id] = shape.exec(decoded) ?? [];
  return at && id && isMoment(at) ? { at, id } : undefined;
}

/** Whether there is such a day and time: the 30th of February would be an error of the database's. */
export function isMoment(at: string): boolean {
  const ms = Date.parse(at);
  return !Number.isNaN(ms) && new Date(ms).toISOString().slice(0, 19) === at.slice(0, 19);
}
