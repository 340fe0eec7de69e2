/** A hint, not a gate: the server asks for 10 characters and nothing else. */
export interface Strength {
  /** 0 to 4 */
  readonly score: number;
  readonly words: string;
}

const common = /^(pass(word)?|qwert[yz]?|letmein|welcome|admin|abc|123|iloveyou|secret|tributary)/i;

export function passwordStrength(password: string): Strength {
  if (!password)
    return { score: 0, words: "At least 10 characters. A few unrelated words are easy to keep and hard to guess." };
  if (password.length < 10) {
    const more = 10 - password.length;
    return { score: 0, words: `${more} more ${more === 1 ? "character" : "characters"}.` };
  }
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^a-zA-Z\d]/].filter((kind) => kind.test(password)).length;
  const different = new Set(password.toLowerCase()).size;
  let bits = Math.min(password.length, different * 2) * (kinds >= 3 ? 4.6 : kinds === 2 ? 4 : 3.2);
  if (common.test(password)) bits -= 18;
  if (/(.)\1{2,}|0123|1234|abcd|qwer/i.test(password)) bits -= 10;
  if (bits < 34) return { score: 1, words: "Weak: easy to guess. Add another word or two." };
  if (bits < 48) return { score: 2, words: "Fair. A longer one is safer." };
  if (bits < 64) return { score: 3, words: "Good." };
  return { score: 4, words: "Strong." };
}
