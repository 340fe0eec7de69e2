import { createGunzip } from "node:zlib";
import { Readable } from "node:stream";
import { EgressError, type Http } from "#lib/egress/types.ts";
import { userAgent } from "./fetch-page.ts";
import { maxSitemapBytes, maxSitemapUrls, SitemapReader, type SitemapContent, type SitemapEntry } from "./sitemap.ts";
import type { Site } from "./site.ts";

const maxIndexDepth = 3;
const maxFiles = 200;
const maxProblems = 5;

export interface Sitemaps {
  /** pages of this site, each address once */
  readonly pages: readonly SitemapEntry[];
  /** what could not be read, in words */
  readonly problems: readonly string[];
}

/**
 * Reads the sitemaps that robots.txt names, and /sitemap.xml, breadth first: index files at most three deep, 200 files,
 * 50,000 addresses, 50 MB each after unpacking. Other hosts and other schemes are left alone.
 *
 * @param turn waits until a request may begin (politeness)
 */
export async function readSitemaps(
  http: Http,
  site: Site,
  named: readonly string[],
  allows: (target: string) => boolean,
  turn: () => Promise<void>,
  now: Date,
  signal: AbortSignal,
): Promise<Sitemaps> {
  const asked = new Set<string>();
  const seen = new Set<string>();
  const pages: SitemapEntry[] = [];
  const problems: string[] = [];
  const problem = (text: string): void => {
    if (problems.length < maxProblems) problems.push(text);
  };
  type File = { readonly url: URL; readonly depth: number; readonly guessed: boolean };
  const queue: File[] = [];
  const enqueue = (reference: string, depth: number, guessed: boolean): void => {
    const url = site.resolve(reference);
    if (!url || asked.size >= maxFiles || !allows(url.pathname + url.search)) return;
    const key = site.key(url);
    if (asked.has(key)) return;
    asked.add(key);
    queue.push({ url: new URL(site.address(url)), depth, guessed });
  };
  for (const reference of named) enqueue(reference, 1, false);
  enqueue("/sitemap.xml", 1, true);

  for (let file = queue.shift(); file; file = queue.shift()) {
    await turn();
    const name = file.url.pathname.slice(0, 200);
    let content: SitemapContent | null;
    try {
      content = await readFile(http, file.url, maxSitemapUrls - pages.length, now, signal);
    } catch (error) {
      if (signal.aborted || !(error instanceof EgressError)) throw error;
      if (!file.guessed) problem(`The sitemap ${name} could not be read: ${error.message}`);
      continue;
    }
    if (content === null) {
      if (!file.guessed) problem(`The sitemap ${name} is not there.`);
      continue;
    }
    if (content.problem !== undefined && !(file.guessed && content.pages.length === 0))
      problem(`The sitemap ${name} was not read to its end: ${content.problem}.`);
    for (const child of content.children) {
      if (file.depth >= maxIndexDepth) {
        problem(`The sitemap ${name} is nested more than ${maxIndexDepth} deep; what it names was left out.`);
        break;
      }
      enqueue(child, file.depth + 1, false);
    }
    for (const entry of content.pages) {
      const url = site.resolve(entry.address);
      if (!url) continue;
      const key = site.key(url);
      if (seen.has(key)) continue;
      seen.add(key);
      pages.push({ address: site.address(url), modified: entry.modified });
    }
    if (pages.length >= maxSitemapUrls) {
      problem(`The sitemaps name more than ${maxSitemapUrls} pages; the rest was left out.`);
      break;
    }
  }
  return { pages, problems };
}

/** null when there is no such file */
async function readFile(
  http: Http,
  url: URL,
  max: number,
  now: Date,
  signal: AbortSignal,
): Promise<SitemapContent | null> {
  const reply = await http.request(url, {
    headers: { "user-agent": userAgent },
    redirects: 5,
    sameHost: true,
    maxBytes: maxSitemapBytes,
    headersTimeoutMs: 15_000,
    idleTimeoutMs: 15_000,
    totalTimeoutMs: 60_000,
    retries: 1,
    signal,
  });
  if (reply.status !== 200) {
    await reply.discard();
    return null;
  }
  const reader = new SitemapReader(max, now.getTime());
  let unpacked = 0;
  try {
    for await (const chunk of unpack(reply.stream())) {
      unpacked += chunk.length;
      if (unpacked > maxSitemapBytes) return reader.end("it has more than 50 MB");
      reader.write(chunk);
      if (reader.finished) break;
    }
  } catch (error) {
    if (signal.aborted) throw error;
    const broken = error instanceof EgressError ? error.message : "its compression is damaged";
    return reader.end(broken.replace(/\.$/, ""));
  }
  return reader.end();
}

/** .gz files, told by their first two bytes; anything else passes as it is. */
async function* unpack(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const chunks = source[Symbol.asyncIterator]();
  const first = await chunks.next();
  if (first.done) return;
  const all = (async function* (): AsyncGenerator<Uint8Array> {
    yield first.value;
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value;
  })();
  if (first.value[0] !== 0x1f || first.value[1] !== 0x8b) {
    yield* all;
    return;
  }
  const input = Readable.from(all, { objectMode: false });
  const output = createGunzip();
  input.on("error", (error) => output.destroy(error));
  try {
    for await (const chunk of input.pipe(output)) yield chunk as Uint8Array;
  } finally {
    input.destroy();
    output.destroy();
  }
}
