"use server";

import { z } from "zod";
import { keyForm } from "#lib/contract/console-forms.ts";
import { createKey, revokeKey } from "#lib/keys/service.ts";
import { action } from "#lib/server/action.ts";

const id = z.string().min(1).max(64);

/** The key made at the end of set-up. */
export const createFirstKey = action(z.null(), async (principal) => createKey(principal, { name: "First key" }));

export const createApiKey = action(keyForm, async (principal, input) => createKey(principal, input));

export const revokeApiKey = action(z.object({ id }), async (principal, input) => revokeKey(principal, input.id));
