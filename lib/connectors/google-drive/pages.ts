import { circle, type DriveApi, type FilePage } from "./api.ts";

/** Google may send empty pages with more to come, but not for ever. */
const mostEmpty = 50;

/** Watches over the tokens of one series of pages: the same one twice is a circle. */
export class PageTurns {
  readonly #seen = new Set<string>();
  #empty = 0;

  /** The token to go on with; null = that was the last page. @throws Failure */
  next(token: string | null, isEmpty: boolean): string | null {
    this.#empty = isEmpty ? this.#empty + 1 : 0;
    if (token === null) return null;
    if (this.#seen.has(token) || this.#empty > mostEmpty) throw circle();
    this.#seen.add(token);
    return token;
  }
}

/** Every page of one query. */
export async function* pagesOf(
  api: DriveApi,
  parameters: Readonly<Record<string, string>>,
): AsyncGenerator<FilePage, void, void> {
  const turns = new PageTurns();
  for (let token: string | null = null; ;) {
    const page: FilePage = await api.list({ ...parameters, ...(token === null ? {} : { pageToken: token }) });
    yield page;
    token = turns.next(page.next, page.files.length === 0);
    if (token === null) return;
  }
}
