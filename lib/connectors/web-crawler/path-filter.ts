/**
 * includePaths / excludePaths: path patterns, one per line or separated by commas.
 *
 *   /docs/**       everything under /docs, and /docs itself
 *   /docs          the same: a pattern without wildcard stands for itself and everything under it
 *   /blog/*        one level: `*` is any run of characters but "/", `**` any run at all, `?` one character but "/"
 *   *.html         without "/" at its beginning a pattern may match at any depth
 *   /search\?*     a pattern with a literal "?" is compared with path and query
 *
 * Matching is a simulation of all states at once: time is pattern × path at worst, never exponential.
 */

const ANY = -1; // *
const DEEP = -2; // **
const ONE = -3; // ?

interface Pattern {
  /** char codes and wildcards */
  readonly tokens: readonly number[];
  readonly withQuery: boolean;
  /** no wildcard: also matches what lies below */
  readonly subtree: boolean;
}

export interface PathFilter {
  /** @param path path and query as in the page's key, without origin */
  allows(path: string): boolean;
}

export const maxPatterns = 100;
export const maxPatternLength = 512;

/** Splits a setting into its patterns; a full URL stands for its path. */
export function splitPatterns(setting: string | undefined): string[] {
  return (setting ?? "")
    .split(/[\n,]/)
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .map((line) => line.replace(/^https?:\/\/[^/]*/i, "") || "/");
}

function compile(text: string): Pattern {
  const tokens: number[] = [];
  let withQuery = false;
  let wild = false;
  // without "/" at its beginning a pattern may begin below any folder
  if (!text.startsWith("/") && !text.startsWith("**")) tokens.push(DEEP);
  if (!text.startsWith("/") && !text.startsWith("*")) tokens.push(47);
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === "\\" && i + 1 < text.length) {
      i++;
      if (text[i] === "?") withQuery = true;
      tokens.push(text.charCodeAt(i));
    } else if (character === "*") {
      wild = true;
      if (text[i + 1] === "*") {
        while (text[i + 1] === "*") i++;
        tokens.push(DEEP);
      } else tokens.push(ANY);
    } else if (character === "?") {
      wild = true;
      tokens.push(ONE);
    } else tokens.push(text.charCodeAt(i));
  }
  // "/docs/**" takes "/docs" too: nobody means the folder without its own page
  const subtree = !wild || text.endsWith("/**");
  if (subtree && wild) tokens.splice(-2);
  if (subtree && tokens.at(-1) === 47 && tokens.length > 1) tokens.pop();
  return { tokens, withQuery, subtree };
}

function matches(pattern: Pattern, path: string): boolean {
  const { tokens, subtree } = pattern;
  const size = tokens.length;
  let now = new Uint8Array(size + 1);
  let next = new Uint8Array(size + 1);
  const settle = (states: Uint8Array): void => {
    for (let at = 0; at < size; at++)
      if (states[at] === 1 && (tokens[at] === ANY || tokens[at] === DEEP)) states[at + 1] = 1;
  };
  now[0] = 1;
  settle(now);
  for (let i = 0; i < path.length; i++) {
    const code = path.charCodeAt(i);
    if (subtree && now[size] === 1 && (code === 47 || code === 63 || (size === 1 && tokens[0] === 47))) return true;
    next.fill(0);
    let alive = false;
    for (let at = 0; at < size; at++) {
      if (now[at] !== 1) continue;
      const token = tokens[at];
      if (token === DEEP || (token === ANY && code !== 47)) next[at] = 1;
      else if (token === code || (token === ONE && code !== 47)) next[at + 1] = 1;
      else continue;
      alive = true;
    }
    if (!alive) return false;
    settle(next);
    [now, next] = [next, now];
  }
  return now[size] === 1;
}

const hit = (patterns: readonly Pattern[], path: string): boolean => {
  const query = path.indexOf("?");
  const bare = query < 0 ? path : path.slice(0, query);
  return patterns.some((pattern) => matches(pattern, pattern.withQuery ? path : bare));
};

/** No include pattern means everything; exclude wins over include. */
export function createPathFilter(include: readonly string[], exclude: readonly string[]): PathFilter {
  const wanted = include.map(compile);
  const unwanted = exclude.map(compile);
  return {
    allows: (path) => (wanted.length === 0 || hit(wanted, path)) && !hit(unwanted, path),
  };
}
