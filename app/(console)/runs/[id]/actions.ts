"use server";

import { z } from "zod";
import { cancelRun, getRun, retryFailed as retryFailedItems } from "#lib/runs/service.ts";
import { action } from "#lib/server/action.ts";

const input = z.object({ id: z.string().min(1).max(64) });

export const cancel = action(input, (principal, { id }) => cancelRun(principal, id));

export const retryFailed = action(input, async (principal, { id }) => {
  const run = await getRun(principal, id);
  return retryFailedItems(principal, run.connectionId);
});
