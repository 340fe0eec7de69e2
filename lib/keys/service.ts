import type { Principal } from "#lib/contract/principal.ts";
import type { KeyView } from "#lib/contract/views.ts";

/** API keys. The plaintext exists in one reply only. */

function todo(): never {
  throw new Error("being built");
}

export interface CreateKeyInput {
  readonly name: string;
  /** 1 to 3,650; absent = does not expire */
  readonly expiresInDays?: number;
}

/** `key` is the plaintext, shown once. */
export async function createKey(
  _principal: Principal,
  _input: CreateKeyInput,
): Promise<{ readonly key: string; readonly view: KeyView }> {
  return todo();
}
/** Newest first, revoked ones included. */
export async function listKeys(_principal: Principal): Promise<readonly KeyView[]> {
  return todo();
}
/** Effective for every request that begins after this returns. @throws AppError not_found */
export async function revokeKey(_principal: Principal, _keyId: string): Promise<KeyView> {
  return todo();
}
/** The principal of a bearer key, or null when there is none, it is revoked or expired. */
export async function authenticateKey(_key: string): Promise<Principal | null> {
  return todo();
}
