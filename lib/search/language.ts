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
/** The detector looks at no more. */
const sampleMax = 350;
/** A window is where a sample's prose is looked for: at the beginning, in the middle, at the end. */
const windowMax = 1_500;
/** Fences further back than this are not counted. */
const lookedBack = 1_000_000;

let detector: Promise<typeof Detector> | undefined;

/** Some 30 MB of tables, which only processes that index need. */
const load = (): Promise<typeof Detector> => (detector ??= import("eld/extrasmall").then(({ eld }) => eld));

/**
 * The language of a Markdown text, told from samples of its prose: the beginning and the end, and the middle if these
 * disagree. Code, addresses and tables are left out.
 * @param fallback what a text is taken for that is too short to tell
 */
export async function languageOf(text: string, fallback = simpleLanguage): Promise<string> {
  const eld = await load();
  const last = text.length - windowMax;
  const votes: string[] = [];
  for (const from of last > 0 ? [0, last, Math.floor(last / 2)] : [0]) {
    const sample = sampleAt(text, from);
    const { language } = sample === "" ? { language: "" } : eld.detect(sample);
    if (language !== "") votes.push(language);
    if (votes.length > 1 && votes.at(-1) === votes[0]) break;
  }
  // Three that disagree: the beginning is as good as any, unless the others agree.
  const most = votes.findLast((vote, i) => votes.indexOf(vote) < i) ?? votes[0];
  return most === undefined ? fallback : (configurations[most] ?? simpleLanguage);
}

/** Empty when there is too little prose. */
function sampleAt(text: string, from: number): string {
  const part = text.slice(from, from + windowMax);
  const prose = proseOf(isInCode(text, from) ? `\`\`\`\n${part}` : part).slice(0, sampleMax);
  return prose.replaceAll(/\P{L}+/gu, "").length < lettersMin ? "" : prose;
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
