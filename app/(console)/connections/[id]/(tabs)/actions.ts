"use server";

import { z } from "zod";
import { applyHeldDeletions, dismissHeldDeletions, retryFailed as retryFailedItems } from "#lib/runs/service.ts";
import { action } from "#lib/server/action.ts";

/** Documents gone at the source that wait for a person: remove them, or keep them. */
export const decideHeld = action(
  z.object({ id: z.string().min(1).max(64), decision: z.enum(["delete", "keep"]) }),
  (principal, { id, decision }) => (decision === "delete" ? applyHeldDeletions : dismissHeldDeletions)(principal, id),
);

export const retryFailed = action(z.object({ id: z.string().min(1).max(64) }), (principal, input) =>
  retryFailedItems(principal, input.id),
);
