import type { NotionApi } from "./api.ts";
import { idOf } from "./addresses.ts";
import { BlockWalk } from "./blocks.ts";
import { Budget } from "./budget.ts";
import { attributesOf } from "./enhanced-inline.ts";
import { plainMarkdown, type PageText } from "./enhanced-markdown.ts";
import { isMissing, isNoEndpoint, NotionFailure } from "./failures.ts";
import type { Tuning } from "./tuning.ts";

export interface WholePage extends PageText {
  /** the page is longer than a page may be: this is its beginning */
  readonly cut: boolean;
}

/** Blocks the Markdown endpoint has no words for, but the block API has. */
const unsupported = new Set(["bookmark", "embed", "link_preview", "link-preview", "button", "template"]);
/** Parts left out of parts left out …: pages of 20,000 blocks and more. */
const mostRounds = 20;

/** Reads the text of pages: by the Markdown endpoint, or block by block where there is none. */
export class PageReader {
  readonly #api: NotionApi;
  readonly #tuning: Tuning;
  #noEndpoint = false;

  constructor(api: NotionApi, tuning: Tuning) {
    this.#api = api;
    this.#tuning = tuning;
  }

  /** @throws Failure missing: the page is not there, or not for us */
  async read(id: string): Promise<WholePage> {
    const budget = new Budget(this.#tuning);
    const enhanced = await this.#markdown(id, budget);
    const text = enhanced === null ? await new BlockWalk(this.#api, budget).page(id) : plainMarkdown(enhanced);
    return { ...text, cut: budget.exceeded };
  }

  /** Null = this page has to be read block by block. */
  async #markdown(id: string, budget: Budget): Promise<string | null> {
    if (this.#noEndpoint) return null;
    try {
      budget.request();
      const { markdown, unknown_block_ids: missing } = await this.#api.markdown(id);
      return await this.#complete(id, markdown, missing, budget);
    } catch (error) {
      if (isNoEndpoint(error)) this.#noEndpoint = true;
      else if (!(error instanceof NotionFailure && error.kind === "permanent")) throw error;
      return null;
    }
  }

  /** Puts what was left out where its mark stands; what no mark stands for goes to the end. */
  async #complete(page: string, markdown: string, missing: readonly string[], budget: Budget): Promise<string> {
    let text = markdown;
    let left = missing.filter((id) => id !== page);
    const asked = new Set<string>([page]);
    for (let round = 0; round < mostRounds; round++) {
      const marks = marksIn(text).filter(({ id, kind }) => id === null || left.includes(id) || unsupported.has(kind));
      const unmarked = left.filter((id) => !asked.has(id) && !marks.some((mark) => mark.id === id));
      const nameless = marks.filter(({ id }) => id === null);
      const found: string[] = [];
      let more: string[] = [];
      const part = async (id: string, kind: string): Promise<string> => {
        if (asked.has(id)) return "";
        asked.add(id);
        const answer = await this.#part(id, kind, budget);
        more = [...more, ...answer.missing];
        return answer.markdown;
      };
      const parts = new Map<number, string>();
      for (const mark of marks) {
        // Marks without an address stand in the order of the ids nothing else stands for.
        const id = mark.id ?? (nameless.length === unmarked.length ? (unmarked[nameless.indexOf(mark)] ?? null) : null);
        parts.set(mark.line, id === null ? "" : await part(id, mark.kind));
      }
      for (const id of unmarked) if (!asked.has(id)) found.push(await part(id, ""));
      if (parts.size === 0 && found.length === 0) return text;
      text = [
        ...text.split("\n").flatMap((line, index) => {
          const instead = parts.get(index);
          return instead === undefined ? [line] : indented(instead, /^\t*/.exec(line)?.[0] ?? "");
        }),
        ...found.filter((each) => each !== ""),
      ].join("\n");
      left = more.filter((id) => !asked.has(id));
      if (left.length === 0 && !text.includes("<unknown")) return text;
    }
    return text;
  }

  /** A part by itself: as Markdown, or block by block where that is refused. Not shared = nothing. */
  async #part(
    id: string,
    kind: string,
    budget: Budget,
  ): Promise<{ readonly markdown: string; readonly missing: readonly string[] }> {
    const nothing = { markdown: "", missing: [] };
    try {
      if (!unsupported.has(kind)) {
        if (!budget.request()) return nothing;
        try {
          const { markdown, unknown_block_ids: missing } = await this.#api.markdown(id);
          // A block it has no words for is its own answer.
          const [only] = marksIn(markdown.trim());
          if (only?.id !== id || markdown.trim().includes("\n"))
            return { markdown, missing: missing.filter((each) => each !== id) };
        } catch (error) {
          if (!(error instanceof NotionFailure && error.kind === "permanent")) throw error;
        }
      }
      return { markdown: (await new BlockWalk(this.#api, budget).block(id)).markdown, missing: [] };
    } catch (error) {
      if (isMissing(error) || (error instanceof NotionFailure && error.kind === "denied")) return nothing;
      throw error;
    }
  }
}

interface Mark {
  readonly line: number;
  readonly id: string | null;
  readonly kind: string;
}

/** Lines that say that something was left out. */
function marksIn(markdown: string): Mark[] {
  if (!markdown.includes("<unknown")) return [];
  return markdown.split("\n").flatMap((text, line) => {
    const attributes = /^\t*<unknown\s([^<>]*?)\/?>(?:<\/unknown>)?\s*$/.exec(text)?.[1];
    if (attributes === undefined) return [];
    const { url = "", alt = "" } = attributesOf(attributes);
    return [{ line, id: idOf(url), kind: alt.toLowerCase().replaceAll(" ", "_") }];
  });
}

function indented(text: string, tabs: string): string[] {
  return text === "" ? [] : text.split("\n").map((line) => tabs + line);
}
