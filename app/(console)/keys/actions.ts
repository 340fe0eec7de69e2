"use server";

import { z } from "zod";
import { createKey, revokeKey } from "#lib/keys/service.ts";
import { action } from "#lib/server/action.ts";

const id = z.string().min(1).max(64);

/** The key made at the end of set-up. */
export const createFirstKey = action(z.null(), async (principal) => createKey(principal, { name: "First key" }));

export const createApiKey = action(
  z.object({
    name: z
      .string()
      .trim()
      .min(1, "Give it a name that tells where it is used.")
      .max(100, "Use at most 100 characters."),
    expiresInDays: z.union([z.literal(30), z.literal(90), z.literal(365)]).optional(),
  }),
  async (principal, input) => createKey(principal, input),
);

export const revokeApiKey = action(z.object({ id }), async (principal, input) => revokeKey(principal, input.id));
