import type { input } from "zod/mini";
import type { ActionResult } from "#lib/client/result.ts";
import type { keyForm, keyGraces, keyPatchForm } from "#lib/contract/key-form.ts";
import type { KeyView } from "#lib/contract/views.ts";

/** What a form of a new key holds, and one of a key that is there. */
export type KeyInputs = input<typeof keyForm>;
type KeyPatchInputs = input<typeof keyPatchForm>;

/** A new secret; the answer holds it, this one time. */
export interface MadeKey {
  readonly key: string;
  readonly view: KeyView;
}

export interface KeyActions {
  readonly create: (input: KeyInputs) => Promise<ActionResult<MadeKey>>;
  readonly update: (input: { id: string; patch: KeyPatchInputs }) => Promise<ActionResult<KeyView>>;
  readonly rotate: (input: { id: string; grace: (typeof keyGraces)[number] }) => Promise<ActionResult<MadeKey>>;
  readonly revoke: (input: { id: string }) => Promise<ActionResult<KeyView>>;
}
