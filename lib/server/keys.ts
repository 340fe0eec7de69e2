import type { z } from "zod";
import type { KeyView } from "#lib/contract/views.ts";
import { wireKeys, wireNewKey } from "#lib/contract/wire.ts";
import { endpointsOf } from "#lib/keys/endpoints.ts";
import type { MadeKey, RememberKey } from "#lib/keys/service.ts";
import type { Call } from "./route.ts";
import type { Operation } from "#lib/contract/operation.ts";

/** Keys as the API's replies have them. */

export function newKeyToWire({ key, view }: MadeKey): z.input<typeof wireNewKey> {
  return {
    key,
    ...facts(view),
    allowedEndpoints: endpointsOf(view.scopes, view.containerTag),
  };
}

export function keyToWire(view: KeyView): z.input<typeof wireKeys>[number] {
  return {
    ...facts(view),
    suffix: view.suffix,
    createdAt: view.createdAt,
    lastUsedAt: view.lastUsedAt,
    rateLimitMax: view.rate?.max ?? null,
    rateLimitTimeWindow: view.rate?.windowMs ?? null,
  };
}

function facts(view: KeyView) {
  return {
    id: view.id,
    name: view.name,
    containerTag: view.containerTag,
    expiresAt: view.expiresAt,
    scopes: [...view.scopes],
  };
}

/** A new secret is worth keeping for a repetition: nobody can ever ask for it again. */
export function rememberKey({ remember }: Pick<Call<Operation>, "remember">): RememberKey | undefined {
  return remember && ((tx, made) => remember(tx, newKeyToWire(made)));
}
