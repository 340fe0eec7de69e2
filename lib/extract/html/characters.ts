/** What a character means in running text. */
export const PLAIN = 0;
export const SPACE = 1;
export const SPECIAL = 2;
export const GONE = 3;

/** Class of every ASCII character. */
export const classes = new Uint8Array(128);
for (let c = 0; c <= 32; c++) classes[c] = SPACE;
classes[0] = GONE;
for (const c of "\\`*_<&[]~") classes[c.charCodeAt(0)] = SPECIAL;

/** Beyond ASCII only these are not plain: spaces of all widths, and characters that show nothing. */
export function classOf(c: number): number {
  if (c < 128) return classes[c] ?? PLAIN;
  if (c === 0xa0 || c === 0x3000 || (c >= 0x2000 && c <= 0x200a) || c === 0x2028 || c === 0x2029) return SPACE;
  if (c === 0xad || c === 0x200b || c === 0xfeff) return GONE;
  return PLAIN;
}

export const isAlphanumeric = (c: number) =>
  (c >= 97 && c <= 122) || (c >= 65 && c <= 90) || (c >= 48 && c <= 57) || (c > 127 && classOf(c) === PLAIN);
const isAsciiPunctuation = (c: number) =>
  (c >= 33 && c <= 47) || (c >= 58 && c <= 64) || (c >= 91 && c <= 96) || (c >= 123 && c <= 126);

/**
 * Whether a character would be read as Markdown or HTML between these two, and so needs a backslash.
 * `inLink`: inside of a link's text, where brackets count.
 */
export function mustEscape(c: number, before: number, after: number, inLink: boolean): boolean {
  switch (c) {
    case 92: // backslash
      return isAsciiPunctuation(after);
    case 96: // backtick
      return true;
    case 42: // *
      return !(classOf(before) === SPACE && classOf(after) === SPACE);
    case 95: // _
      if (isAlphanumeric(before) && isAlphanumeric(after)) return false;
      return !(classOf(before) === SPACE && classOf(after) === SPACE);
    case 60: // <
      return isAlphanumeric(after) || after === 47 || after === 33 || after === 63;
    case 126: // ~
      return before === 126 || after === 126;
    case 91: // [
      return inLink;
    case 93: // ]
      return inLink || after === 40 || after === 58 || after === 91;
    default:
      return false;
  }
}
