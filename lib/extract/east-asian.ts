/**
 * Text in one of the double-byte encodings of East Asia that does not say so. The standards behind them put everyday
 * characters in rows of their own: bytes that are valid, and nearly all of them from those rows, are no accident.
 */

interface Encoding {
  readonly label: string;
  /** bytes of the character that begins with these two; ASCII is asked for nowhere */
  readonly length: (lead: number, trail: number) => 1 | 2 | 3 | 4;
  readonly kind: (lead: number, trail: number) => Kind;
}

/** `script`: kana or Hangul, which only one language has. */
type Kind = "script" | "han" | "mark" | "rare";

const between = (byte: number, first: number, last: number): boolean => byte >= first && byte <= last;

/** Rows with both bytes from 0xa1: the same punctuation and full-width letters in all of China, Japan and Korea. */
const isMark = (lead: number, trail: number): boolean => trail >= 0xa1 && (lead === 0xa1 || lead === 0xa3);

const encodings: readonly Encoding[] = [
  {
    label: "shift_jis",
    length: (lead) => (between(lead, 0xa1, 0xdf) ? 1 : 2),
    kind: (lead, trail) => {
      if (lead === 0x83 ? trail <= 0x96 : lead === 0x82 && between(trail, 0x9f, 0xf1)) return "script";
      const pair = lead * 256 + trail;
      if (between(pair, 0x889f, 0x9872)) return "han";
      return lead === 0x81 || (lead === 0x82 && between(trail, 0x4f, 0x9a)) ? "mark" : "rare";
    },
  },
  {
    label: "euc-jp",
    length: (lead) => (lead === 0x8f ? 3 : 2),
    kind: (lead, trail) => {
      if (lead === 0xa4 || lead === 0xa5) return "script";
      if (between(lead, 0xb0, 0xcf)) return "han";
      return isMark(lead, trail) ? "mark" : "rare";
    },
  },
  {
    label: "euc-kr",
    length: () => 2,
    kind: (lead, trail) => {
      if (between(lead, 0xb0, 0xc8) && trail >= 0xa1) return "script";
      return isMark(lead, trail) ? "mark" : "rare";
    },
  },
  {
    label: "gb18030",
    length: (_lead, trail) => (between(trail, 0x30, 0x39) ? 4 : 2),
    kind: (lead, trail) => {
      if (between(lead, 0xb0, 0xd7) && trail >= 0xa1) return "han";
      return isMark(lead, trail) ? "mark" : "rare";
    },
  },
  {
    label: "big5",
    length: () => 2,
    kind: (lead) => {
      if (between(lead, 0xa4, 0xc6)) return "han";
      return lead === 0xa1 || lead === 0xa2 ? "mark" : "rare";
    },
  },
];

const sampleBytes = 65_536;
/** With fewer characters anything may look like anything. */
const charactersMin = 4;
const everydayMin = 0.95;
/** Accents of Western languages stand alone between letters, characters of these languages hardly ever do. */
const togetherMin = 0.7;
/** More of one character is a line that was drawn, not a text. */
const sameMax = 0.4;
/** Japanese has kana in every sentence. */
const kanaMin = 0.1;

/** The encoding's label, or undefined when the bytes do not tell. For bytes that are not UTF-8. */
export function eastAsianEncoding(bytes: Uint8Array): string | undefined {
  // The first byte that is not ASCII begins a character in all of them.
  const first = bytes.findIndex((byte) => byte >= 0x80);
  if (first < 0) return undefined;
  const sample = bytes.subarray(first, first + sampleBytes);
  return encodings.find((encoding) => isValid(sample, encoding.label) && isPlausible(sample, encoding))?.label;
}

function isValid(sample: Uint8Array, label: string): boolean {
  try {
    // As a stream: the sample may end within a character. One that is all there is must not.
    new TextDecoder(label, { fatal: true }).decode(sample, { stream: sample.length === sampleBytes });
    return true;
  } catch {
    return false;
  }
}

function isPlausible(sample: Uint8Array, { label, length, kind }: Encoding): boolean {
  const count: Record<Kind, number> = { script: 0, han: 0, mark: 0, rare: 0 };
  const times = new Map<number, number>();
  let alone = 0;
  let run = 0;
  const endRun = (): void => {
    if (run === 1) alone++;
    run = 0;
  };
  for (let i = 0; i < sample.length;) {
    const lead = sample[i] ?? 0;
    if (lead < 0x80) {
      endRun();
      i++;
      continue;
    }
    const trail = sample[i + 1] ?? 0;
    const bytes = length(lead, trail);
    // One byte: half-width kana, which are used beside others. As a text alone they are more likely something else.
    const is = bytes === 2 ? kind(lead, trail) : bytes === 1 ? "mark" : "rare";
    count[is]++;
    run++;
    if (is === "script" || is === "han") {
      const character = lead * 256 + trail;
      times.set(character, (times.get(character) ?? 0) + 1);
    }
    i += bytes;
  }
  endRun();
  const { script, han, mark, rare } = count;
  const letters = script + han;
  const all = letters + mark + rare;
  if (letters < charactersMin || letters < all / 2) return false;
  if ((letters + mark) / all < everydayMin || 1 - alone / all < togetherMin) return false;
  if (Math.max(...times.values()) > Math.max(letters * sameMax, 2)) return false;
  return label === "shift_jis" || label === "euc-jp" ? script / letters >= kanaMin : true;
}
