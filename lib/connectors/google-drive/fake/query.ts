import type { DriveStore, FakeFile } from "./store.ts";

/** The part of Drive's search language (the `q` of files.list) that the connector speaks, read strictly. */

export type Test = (file: FakeFile) => boolean;

export class QueryError extends Error {}

/** @throws QueryError for anything it does not know, so that a query that would mean nothing at Drive fails here, too */
export function parseQuery(q: string, store: DriveStore, account: string): Test {
  const tokens = tokenize(q);
  let at = 0;
  const peek = () => tokens[at];
  const take = () => tokens[at++] ?? "";
  const expectWord = (word: string) => {
    if (take() !== word) throw new QueryError(`expected ${word}`);
  };

  const any = (): Test => {
    const parts = [all()];
    while (peek() === "or") {
      take();
      parts.push(all());
    }
    return (file) => parts.some((part) => part(file));
  };
  const all = (): Test => {
    const parts = [one()];
    while (peek() === "and") {
      take();
      parts.push(one());
    }
    return (file) => parts.every((part) => part(file));
  };
  const one = (): Test => {
    if (peek() === "not") {
      take();
      const inner = one();
      return (file) => !inner(file);
    }
    if (peek() === "(") {
      take();
      const inner = any();
      expectWord(")");
      return inner;
    }
    return term();
  };
  const term = (): Test => {
    const left = take();
    const operator = take();
    const right = take();
    if (left.startsWith("'")) {
      if (operator !== "in" || right !== "parents") throw new QueryError(`unknown term ${left}`);
      const parent = value(left) === "root" ? store.root(account) : value(left);
      if (!store.files.has(parent)) throw new MissingParent(parent);
      return (file) => file.parent === parent;
    }
    const key = `${left} ${operator}`;
    switch (key) {
      case "trashed =":
        return (file) => store.isTrashed(file) === (right === "true");
      case "sharedWithMe =":
        return (file) => store.isSharedTop(account, file) === (right === "true");
      case "mimeType =":
        return (file) => file.mimeType === value(right);
      case "mimeType !=":
        return (file) => file.mimeType !== value(right);
      case "modifiedTime <=": {
        const time = Date.parse(value(right));
        if (Number.isNaN(time)) throw new QueryError("modifiedTime is not a time");
        return (file) =>
          !("modifiedTime" in file.odd && file.odd["modifiedTime"] === undefined) && file.modifiedMs <= time;
      }
      case "name contains": {
        // Drive matches prefixes of the name's words.
        const wanted = value(right).toLowerCase();
        return (file) =>
          file.name.toLowerCase().startsWith(wanted) ||
          file.name
            .toLowerCase()
            .split(/[^\p{L}\p{N}]+/u)
            .some((word) => word.startsWith(wanted));
      }
      case "shortcutDetails.targetId =":
        return (file) => file.target === value(right);
      default:
        throw new QueryError(`unknown term ${key}`);
    }
  };

  const test = any();
  if (at !== tokens.length) throw new QueryError(`unexpected ${peek()}`);
  return test;
}

/** A folder that is named in the query but not there: Drive answers 404. */
export class MissingParent extends Error {}

function tokenize(q: string): string[] {
  const tokens: string[] = [];
  const pattern = /\s*('(?:[^'\\]|\\.)*'|\(|\)|!=|<=|>=|=|<|>|[A-Za-z.]+)\s*/gy;
  for (let match = pattern.exec(q); match; match = pattern.exec(q)) {
    tokens.push(match[1] ?? "");
    if (pattern.lastIndex === q.length) return tokens;
  }
  throw new QueryError("cannot be read");
}

function value(token: string): string {
  if (!/^'.*'$/s.test(token)) throw new QueryError(`${token} is not quoted`);
  return token.slice(1, -1).replaceAll(/\\(.)/g, "$1");
}
