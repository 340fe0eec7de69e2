import { createHash, randomBytes } from "node:crypto";

/** The unguessable parts of a connect flow: 256 bits each, of which only hashes are stored. */

const pattern = /^[A-Za-z0-9_-]{43}$/;

export type Hash = Uint8Array<ArrayBuffer>;

export function newToken(): string {
  return randomBytes(32).toString("base64url");
}

/** Whether it can be one of ours at all: nothing else is looked up. */
export function isToken(value: string): boolean {
  return pattern.test(value);
}

export function hashOf(kind: "state" | "page" | "link", token: string): Hash {
  return new Uint8Array(createHash("sha256").update(`${kind}\0${token}`).digest());
}

/**
 * The token in the addresses of our own pages, made from `state`: whoever comes to the callback second finds the page of
 * whoever came first. It shows little; what may be done there is decided by the browser's cookie.
 */
export function pageTokenOf(state: string): string {
  return createHash("sha256").update(`page of\0${state}`).digest("base64url");
}
