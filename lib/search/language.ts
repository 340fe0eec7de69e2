import type { eld as Detector } from "eld/extrasmall";

/**
 * Which text search configuration a text is indexed with (without the prefix tributary_): the languages PostgreSQL has
 * stemmers for, by the detector's name. What cannot be told or stemmed is `simple`.
 */
const configurations: Readonly<Record<string, string>> = {
  ar: "arabic",
  ca: "catalan",
  da: "danish",
  de: "german",
  el: "greek",
  en: "english",
  es: "spanish",
  eu: "basque",
  fi: "finnish",
  fr: "french",
  hi: "hindi",
  hu: "hungarian",
  hy: "armenian",
  it: "italian",
  lt: "lithuanian",
  // Indonesian is a form of Malay, and the detector does not tell them apart.
  ms: "indonesian",
  nl: "dutch",
  no: "norwegian",
  pt: "portuguese",
  ro: "romanian",
  ru: "russian",
  sr: "serbian",
  sv: "swedish",
  ta: "tamil",
  tr: "turkish",
};

export const simpleLanguage = "simple";

/** Fewer letters say too little. */
const lettersMin = 20;
const sampleLetters = 320;
const samples = 3;
/** Only so much is looked at to find prose. */
const searched = 9_000;
/** Fences further back are not counted. */
const lookedBack = 1_000_000;

let detector: Promise<typeof Detector> | undefined;

/** Some 30 MB of tables, which only processes that index need. */
const load = (): Promise<typeof Detector> => (detector ??= import("eld/extrasmall").then(({ eld }) => eld));

/**
 * The language of a Markdown text, told from up to three samples of its prose: code, addresses and tables are left out.
 * @param fallback what a text is taken for that is too short to tell
 */
export async function languageOf(text: string, fallback = simpleLanguage): Promise<string> {
  const eld = await load();
  const votes = new Map<string, number>();
  for (const sample of samplesOf(text)) {
    const { language } = eld.detect(sample);
    if (language !== "") votes.set(language, (votes.get(language) ?? 0) + sample.length);
  }
  const [most] = [...votes].sort(([, a], [, b]) => b - a);
  return most ? (configurations[most[0]] ?? simpleLanguage) : fallback;
}

function samplesOf(text: string): string[] {
  if (text.length <= searched) {
    const prose = proseOf(text);
    if (prose.replaceAll(/\P{L}+/gu, "").length < lettersMin) return [];
    const step = Math.max(sampleLetters, Math.floor(prose.length / samples));
    return Array.from({ length: samples }, (_, i) => prose.slice(i * step, i * step + sampleLetters)).filter(
      (sample, i) => i === 0 || sample.length > sampleLetters / 4,
    );
  }
  const window = Math.floor(searched / samples);
  const step = Math.floor((text.length - window) / (samples - 1));
  return Array.from({ length: samples }, (_, i) => {
    const from = i * step;
    const part = text.slice(from, from + window);
    return proseOf(isInCode(text, from) ? `\`\`\`\n${part}` : part).slice(0, sampleLetters);
  }).filter((sample) => sample.replaceAll(/\P{L}+/gu, "").length >= lettersMin);
}

/** Was a fence opened before this offset and not closed? */
function isInCode(text: string, offset: number): boolean {
  let open = offset > 0 && text.startsWith("```");
  const least = Math.max(0, offset - lookedBack);
  for (let at = text.indexOf("\n```", least); at >= 0 && at < offset; at = text.indexOf("\n```", at + 4)) open = !open;
  return open;
}

/** What people wrote to be read. */
function proseOf(markdown: string): string {
  return markdown
    .replaceAll(/^ {0,3}(```|~~~)[^\n]*\n[^]*?(?:^ {0,3}\1[^\n]*$|$(?![^]))/gm, "\n")
    .replaceAll(/^ *\|[^\n]*$/gm, "")
    .replaceAll(/`[^`\n]*`/g, " ")
    .replaceAll(/\]\([^()\s]*\)/g, "]")
    .replaceAll(/\b(?:https?:\/\/|www\.)\S+/g, " ")
    .split(/\s+/)
    .filter((word) => !/[\d_@/\\{}<>=]/.test(word))
    .join(" ")
    .replaceAll(/[^\p{L}\p{M}'’.,-]+/gu, " ");
}
