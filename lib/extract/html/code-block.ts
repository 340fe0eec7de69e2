import { decodeText } from "./entities.ts";
import type { Attributes } from "./tokens.ts";

/** Class names that announce a language: `language-js`, `highlight-python3`, `brush: sql`, `sourceCode c`. */
const prefixed =
  /(?:^|[\s_-])(?:language|lang|highlight-source|highlight|brush:?|code|src)[-:\s]\s*([A-Za-z][A-Za-z0-9+#.]*)/;
const sourceCode = /(?:^|\s)(?:sourceCode|src|highlight)\s+([A-Za-z][A-Za-z0-9+#]*)(?:\s|$)/;

/** Words that stand where a language could, but are none. */
const noLanguage = new Set(
  "default none text plain plaintext plain_text txt notranslate no-highlight nohighlight highlight block code wrapper container content numbers line lines snippet example auto guess unknown source src area body box toolbar".split(
    " ",
  ),
);

const aliases: Readonly<Record<string, string>> = {
  python3: "python",
  py3: "python",
  pycon3: "pycon",
  ipython3: "python",
};

/** The language a code element names, lower case, or undefined. */
export function languageOf(attributes: Attributes): string | undefined {
  const named = attributes.dataLang ?? fromClass(attributes.class);
  if (named === undefined) return undefined;
  const language = named.toLowerCase();
  if (noLanguage.has(language) || !/^[a-z][a-z0-9+#.-]{0,30}$/.test(language)) return undefined;
  return aliases[language] ?? language;
}

function fromClass(names: string | undefined): string | undefined {
  if (names === undefined || names.length > 200) return undefined;
  const found = prefixed.exec(names)?.[1] ?? sourceCode.exec(names)?.[1];
  if (found !== undefined) return found;
  return /^rust\b/.test(names) ? "rust" : undefined;
}

/** A fenced block, the fence longer than any run of backticks inside; undefined when there is nothing in it. */
export function fencedBlock(code: string, language: string | undefined): string | undefined {
  const body = code.replace(/^[ \t]*\n/, "").trimEnd();
  if (body.trim() === "") return undefined;
  let longest = 2;
  if (body.includes("```")) for (const run of body.matchAll(/`{3,}/g)) longest = Math.max(longest, run[0].length);
  const fence = "`".repeat(longest + 1);
  return `${fence}${language ?? ""}\n${body}\n${fence}`;
}

const MAX_CODE = 4_000_000;

/** Collects the text of one code element, `<pre>` or what generators use instead. */
export class CodeBlock {
  /** elements of code that are open, one inside the other; 0: not in code */
  depth = 0;
  text = "";
  language: string | undefined;
  /** line ends come from elements, those in the source mean nothing */
  private lineElements = false;

  open(language: string | undefined, lineElements: boolean): void {
    this.depth = 1;
    this.text = "";
    this.language = language;
    this.lineElements = lineElements;
  }

  add(source: string, start: number, end: number): void {
    if (this.text.length >= MAX_CODE) return;
    let text = decodeText(source, start, end);
    if (text.includes("\r")) text = text.replace(/\r\n?/g, "\n");
    this.text += this.lineElements ? text.replace(/\n/g, "").replaceAll("\u00a0", " ") : text;
  }

  addLine(): void {
    this.text += "\n";
  }

  /** A block element inside of code starts or ends: it is on lines of its own. */
  breakLine(): void {
    if (this.text !== "" && !this.text.endsWith("\n")) this.text += "\n";
  }

  /** The finished block when this closed the outermost element and there is something in it. */
  close(): string | undefined {
    return --this.depth > 0 ? undefined : fencedBlock(this.text, this.language);
  }
}
