"use server";

import { z } from "zod";
import { chooseResources } from "#lib/connections/service.ts";
import { action } from "#lib/server/action.ts";

const chosen = z.object({
  id: z.string().max(2_000),
  name: z.string().max(2_000),
  kind: z.enum(["folder", "file", "drive"]),
});

/** What of the source is synced from now on. */
export const choose = action(
  z.object({ id: z.string().min(1).max(64), chosen: z.array(chosen).max(5_000) }),
  async (principal, input) => {
    const { id } = await chooseResources(principal, input.id, input.chosen);
    return { id };
  },
);
