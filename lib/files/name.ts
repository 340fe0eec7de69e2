/** Longest name a file can have, in UTF-16 code units. */
export const nameCharsMax = 255;

/** For what came without a name. */
const unnamed = "untitled";

/**
 * What a file is called here: the last part of whatever path it was sent with, without control characters and those that
 * turn the direction of text, so that a name is what it looks like. Never empty, never `.` or `..`.
 */
export function fileName(sent: string | undefined): string {
  const last = (sent ?? "").split(/[/\\]/).at(-1) ?? "";
  const shown = last
    .toWellFormed()
    .replaceAll(/[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu, "")
    .trim();
  return /^\.*$/.test(shown) ? unnamed : shown;
}
