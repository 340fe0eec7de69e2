/** Where to cut a text that is too long: behind a sentence, else behind a line, else between words, else between signs. */

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

const isSpace = (code: number): boolean =>
  code === 32 || (code >= 9 && code <= 13) || code === 0xa0 || code === 0x3000 || (code >= 0x2000 && code <= 0x200a);
/** .!?… */
const endsSentence = (code: number): boolean => code === 46 || code === 33 || code === 63 || code === 0x2026;
/** 。！？｡।॥؟۔ end a sentence whatever follows. */
const endsAlways = (code: number): boolean =>
  code === 0x3002 ||
  code === 0xff01 ||
  code === 0xff1f ||
  code === 0xff61 ||
  code === 0x964 ||
  code === 0x965 ||
  code === 0x61f ||
  code === 0x6d4;
/** ) ] " ' ” ’ » 」 』 and marks of emphasis may stand between the full stop and the blank. */
const closes = (code: number): boolean =>
  code === 41 ||
  code === 93 ||
  code === 34 ||
  code === 39 ||
  code === 42 ||
  code === 95 ||
  code === 0x201d ||
  code === 0x2019 ||
  code === 0xbb ||
  code === 0x300d ||
  code === 0x300f;

/** A small letter after the blank: "e.g. this" goes on. */
const isSmall = (code: number): boolean => (code >= 97 && code <= 122) || (code >= 0xdf && code <= 0xff);

/**
 * The best place to cut at, above `least` and not above `most`; looks at no character outside of [least - 4, most + 1].
 * @param linesOnly code: at line ends, and at words only if there is none
 */
export function cutPoint(text: string, least: number, most: number, linesOnly: boolean): number {
  let line = -1;
  let word = -1;
  for (let at = most; at > least; at--) {
    const before = text.charCodeAt(at - 1);
    if (before === 10) {
      if (linesOnly) return at;
      if (line < 0) line = at;
    }
    if (word < 0 && isSpace(before)) word = at;
    if (linesOnly) continue;
    if (endsAlways(before) && !closes(text.charCodeAt(at))) return at;
    if (isSpace(before) && !isSpace(text.charCodeAt(at)) && !isSmall(text.charCodeAt(at))) {
      let end = at - 1;
      while (end > least && isSpace(text.charCodeAt(end - 1))) end--;
      for (let i = 0; i < 3 && end > least && closes(text.charCodeAt(end - 1)); i++) end--;
      const last = text.charCodeAt(end - 1);
      if (end > least && (endsSentence(last) || endsAlways(last))) return at;
      // All of these blanks were looked at.
      if (end < at - 1) at = Math.max(end, least) + 1;
    }
  }
  if (line > 0) return line;
  if (word > 0) return word;
  return betweenSigns(text, least, most);
}

/** Signs may be many code units long (flags, families, stacked accents): as far as a small window shows. */
function betweenSigns(text: string, least: number, most: number): number {
  const reach = 64;
  const from = Math.max(least, most - reach);
  const sign = graphemes.segment(text.slice(from, most + reach)).containing(most - from);
  const cut = sign ? from + sign.index : most;
  if (cut > from && cut <= most) return cut;
  const code = text.charCodeAt(most);
  return code >= 0xdc00 && code <= 0xdfff && most - 1 > least ? most - 1 : most;
}
