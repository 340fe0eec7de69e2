"use server";

import { extend, maxLength, minLength, string } from "zod/mini";
import { ownerForm } from "#lib/contract/console-forms.ts";
import { createOwner } from "#lib/organizations/service.ts";
import { publicAction } from "#lib/server/action.ts";

/** Uses the one-time link up: organization, owner, first membership. */
export const setUp = publicAction(
  extend(ownerForm, { token: string().check(minLength(1), maxLength(200)) }),
  async ({ token, ...owner }) => {
    await createOwner(token, owner);
    return null;
  },
);
