"use server";

import { z } from "zod";
import { literal, object, string, minLength, maxLength } from "zod/mini";
import { keyForm, keyGraces, keyPatchForm } from "#lib/contract/key-form.ts";
import { createKey, revokeKey, rotateKey, updateKey } from "#lib/keys/service.ts";
import { action } from "#lib/server/action.ts";

const id = string().check(minLength(1), maxLength(64));

/** The key made at the end of set-up. */
export const createFirstKey = action(z.null(), async (principal) => createKey(principal, { name: "First key" }));

export const createApiKey = action(keyForm, async (principal, { expiresInDays, ...input }) =>
  createKey(principal, { ...input, ...(expiresInDays !== undefined && { expiresInDays }) }),
);

export const updateApiKey = action(object({ id, patch: keyPatchForm }), async (principal, input) =>
  updateKey(principal, input.id, input.patch),
);

export const rotateApiKey = action(object({ id, grace: literal(keyGraces) }), async (principal, input) =>
  rotateKey(principal, input.id, { graceSeconds: Number(input.grace) }),
);

export const revokeApiKey = action(object({ id }), async (principal, input) => revokeKey(principal, input.id));
