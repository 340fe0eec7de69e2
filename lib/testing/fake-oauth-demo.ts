import { createHmac, timingSafeEqual } from "node:crypto";

/**
 * What a fake needs in a demonstration and in no test: tokens that outlive the process. They say themselves whose they
 * are, signed with a key that is no secret. What ended in an earlier process is forgotten there: a demo may be kinder.
 */

export type TokenKind = "at" | "rt";

/** What a token says of itself. */
export interface Said {
  readonly account: string;
  readonly clientId: string;
  readonly scope: string;
  readonly grant: string;
  /** ms since 1970; null = never */
  readonly expiresAt: number | null;
}

export class LastingTokens {
  readonly #key: string;
  /** ended in this process: token values, grants and, from earlier processes, everything of an account */
  readonly #ended = new Set<string>();

  /** `key` tells the fakes of different providers apart. */
  constructor(key: string) {
    this.#key = `tributary-demo ${key}`;
  }

  /** `nonce` makes each token another one. */
  write(kind: TokenKind, said: Said, nonce: string): string {
    const payload = Buffer.from(JSON.stringify({ ...said, nonce })).toString("base64url");
    return `${kind}_${payload}.${this.#sign(`${kind}_${payload}`)}`;
  }

  /** A token of an earlier process; null if it is not genuine or has ended since. */
  read(kind: TokenKind, value: string): Said | null {
    const [signed = "", signature = ""] = value.split(".", 2);
    const expected = Buffer.from(this.#sign(signed));
    const given = Buffer.from(signature);
    if (given.length !== expected.length || !timingSafeEqual(given, expected) || !signed.startsWith(`${kind}_`))
      return null;
    const said = JSON.parse(Buffer.from(signed.slice(kind.length + 1), "base64url").toString()) as Said;
    const names = [`token ${value}`, `grant ${said.grant}`, `account ${said.account}`];
    return names.some((name) => this.#ended.has(name)) ? null : said;
  }

  end(what: "token" | "grant" | "account", name: string): void {
    this.#ended.add(`${what} ${name}`);
  }

  #sign(text: string): string {
    return createHmac("sha256", this.#key).update(text).digest("base64url");
  }
}
