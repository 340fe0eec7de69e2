import type { FakeDrive, FakeItem } from "./drive.ts";

/**
 * Tokens of a delta. A walk remembers what had changed when it began, so that its delta link tells of everything since;
 * a page in between remembers how far it is. `epoch` ages: tokens of an older one are refused.
 */
export interface Token {
  readonly kind: "walk" | "delta";
  readonly epoch: number;
  /** changes after this one are the next delta's */
  readonly since: number;
  /** walk: how many items were passed; delta: the last change told */
  readonly at: number;
}

export function writeToken(token: Token): string {
  return Buffer.from([token.kind[0], token.epoch, token.since, token.at].join(".")).toString("base64url");
}

export function readToken(text: string): Token | undefined {
  const match = /^([wd])\.(\d+)\.(\d+)\.(\d+)$/.exec(Buffer.from(text, "base64url").toString("latin1"));
  if (!match) return undefined;
  const [epoch = 0, since = 0, at = 0] = match.slice(2).map(Number);
  return { kind: match[1] === "w" ? "walk" : "delta", epoch, since, at };
}

export interface Page {
  readonly items: readonly FakeItem[];
  readonly token: Token;
  /** more of the same follows; else the token is the next delta's */
  readonly more: boolean;
}

export function deltaPage(drive: FakeDrive, token: Token, size: number): Page {
  return token.kind === "walk" ? walkPage(drive, token, size) : changesPage(drive, token, size);
}

function walkPage(drive: FakeDrive, token: Token, size: number): Page {
  const items: FakeItem[] = [];
  let { at } = token;
  for (; at < drive.ordered.length && items.length < size; at++) {
    const item = drive.ordered[at];
    if (item && !item.deleted) items.push(item);
  }
  if (at < drive.ordered.length) return { items, token: { ...token, at }, more: true };
  return { items, token: { ...token, kind: "delta", at: token.since }, more: false };
}

function changesPage(drive: FakeDrive, token: Token, size: number): Page {
  const items: FakeItem[] = [];
  let { at } = token;
  let index = firstAfter(drive, at);
  for (; index < drive.log.length && items.length < size; index++) {
    const entry = drive.log[index];
    if (!entry) break;
    at = entry.change;
    if (entry.item.change === entry.change) items.push(entry.item);
  }
  const parents = new Set(items.flatMap((item) => drive.ancestorsOf(item)).filter(({ deleted }) => !deleted));
  // Folders come first and along with what changed in them.
  for (const item of items) parents.delete(item);
  const told = [...parents, ...items];
  if (index < drive.log.length) return { items: told, token: { ...token, at }, more: true };
  return { items: told, token: { ...token, since: drive.seq, at: drive.seq }, more: false };
}

function firstAfter(drive: FakeDrive, change: number): number {
  let [low, high] = [0, drive.log.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((drive.log[middle]?.change ?? 0) <= change) low = middle + 1;
    else high = middle;
  }
  return low;
}
