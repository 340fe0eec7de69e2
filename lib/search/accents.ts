/**
 * Accents off, as PostgreSQL's unaccent does it for letters of words: Latin and Greek ones lose what is above and below
 * them, some are written with two others. Signs of other scripts stay: there they are vowels, or make another letter.
 */
const others: Readonly<Record<string, string>> = {
  ß: "ss",
  ẞ: "SS",
  æ: "ae",
  Æ: "AE",
  ð: "d",
  Ð: "D",
  ø: "o",
  Ø: "O",
  þ: "th",
  Þ: "TH",
  đ: "d",
  Đ: "D",
  ħ: "h",
  Ħ: "H",
  ı: "i",
  ĸ: "q",
  ł: "l",
  Ł: "L",
  ŋ: "n",
  Ŋ: "N",
  œ: "oe",
  Œ: "OE",
  ŧ: "t",
  Ŧ: "T",
  ё: "е",
  Ё: "Е",
};
const othersPattern = new RegExp(`[${Object.keys(others).join("")}]`, "g");
// eslint-disable-next-line no-control-regex -- the letters without accents are what is left out
const plain = /^[\0-\x7f]*$/;

/** Takes the accents off a text. */
export function unaccent(text: string): string {
  if (plain.test(text)) return text;
  return text
    .normalize("NFD")
    .replaceAll(/([\p{Script=Latin}\p{Script=Greek}])[\u0300-\u036f]+/gu, "$1")
    .normalize("NFC")
    .replaceAll(othersPattern, (letter) => others[letter] ?? letter);
}
