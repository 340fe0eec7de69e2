/** How figures, sizes and times are written in the console. Pure: the same on the server and in the browser. */

const numbers = new Intl.NumberFormat("en-US");

/** 12345 → "12,345" */
export function count(value: number): string {
  return numbers.format(value);
}

/** "1 page", "412 pages" */
export function counted(value: number, noun: readonly [one: string, many: string]): string {
  return `${count(value)} ${value === 1 ? noun[0] : noun[1]}`;
}

/** Bytes in powers of 1,000: "0 B", "934 B", "1.2 MB". */
export function bytes(value: number): string {
  if (value < 1000) return `${value} B`;
  const units = ["kB", "MB", "GB", "TB", "PB"];
  let size = value / 1000;
  let unit = 0;
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1000;
    unit++;
  }
  return `${size < 9.95 ? size.toFixed(1) : Math.round(size)} ${units[unit]}`;
}

/** Milliseconds as a clock that does not jump in width: "under 1 s", "4 s", "1 min 05 s", "2 h 10 min", "3 d 4 h". */
export function duration(ms: number): string {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s === 0) return "under 1 s";
  if (s < 60) return `${s} s`;
  const min = Math.floor(s / 60);
  if (min < 60) return `${min} min ${String(s % 60).padStart(2, "0")} s`;
  const h = Math.floor(min / 60);
  if (h < 24) return `${h} h ${min % 60} min`;
  return `${Math.floor(h / 24)} d ${h % 24} h`;
}

/** A schedule in words: 14400 → "every 4 hours". */
export function every(seconds: number): string {
  const whole: [number, string][] = [
    [86_400, "day"],
    [3600, "hour"],
    [60, "minute"],
    [1, "second"],
  ];
  for (const [size, name] of whole) {
    if (seconds % size !== 0) continue;
    const n = seconds / size;
    return n === 1 ? `every ${name}` : `every ${count(n)} ${name}s`;
  }
  return `every ${count(seconds)} seconds`;
}

const relative = new Intl.RelativeTimeFormat("en-US", { numeric: "auto" });

/** "just now", "5 minutes ago", "in 3 hours", "yesterday". */
export function ago(at: number, now: number): string {
  const s = Math.round((at - now) / 1000);
  const size = Math.abs(s);
  if (size < 10) return s > 0 ? "in a moment" : "just now";
  if (size < 60) return relative.format(s, "second");
  if (size < 3600) return relative.format(Math.round(s / 60), "minute");
  if (size < 86_400) return relative.format(Math.round(s / 3600), "hour");
  if (size < 86_400 * 30) return relative.format(Math.round(s / 86_400), "day");
  if (size < 86_400 * 365) return relative.format(Math.round(s / (86_400 * 30.44)), "month");
  return relative.format(Math.round(s / (86_400 * 365.25)), "year");
}

/** "2026-11-20 14:03:22 UTC" */
export function utc(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;
}

/** Local time with its zone; call it in the browser only. */
export function local(iso: string): string {
  return new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" }).format(new Date(iso));
}

/**
 * Text from a stranger, safe to put in a line of ours: control characters and direction overrides would let a title
 * reorder or hide what stands beside it.
 */
export function inert(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\u061c\ufeff]/g, " ").trim();
}

/** A link we may offer: http and https only, else null. */
export function safeUrl(url: string | null | undefined): string | null {
  if (!url) return null;
  try {
    const parsed = new URL(url);
    return parsed.protocol === "https:" || parsed.protocol === "http:" ? parsed.href : null;
  } catch {
    return null;
  }
}
