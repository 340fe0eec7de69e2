"use server";

import { z } from "zod";
import { createOwner } from "#lib/organizations/service.ts";
import { publicAction } from "#lib/server/action.ts";

/** Uses the one-time link up: organization, owner, first membership. */
export const setUp = publicAction(
  z.object({
    token: z.string().min(1).max(200),
    organization: z
      .string()
      .trim()
      .min(1, "Enter a name for your organization.")
      .max(100, "must be at most 100 characters"),
    email: z.email("Enter an e-mail address, e.g. you@example.com.").max(254),
    password: z.string().min(10, "Use at least 10 characters.").max(1024, "Use at most 1,024 characters."),
  }),
  async ({ token, ...owner }) => {
    await createOwner(token, owner);
    return null;
  },
);
