import { notFound } from "next/navigation";
import { cache } from "react";
import { getConnection } from "#lib/connections/service.ts";
import { AppError } from "#lib/contract/errors.ts";
import type { ConnectionView } from "#lib/contract/views.ts";
import { requirePrincipal } from "#lib/server/session.ts";

/** The connection of a page, read once per request; a 404 page when there is none. */
export const findConnection = cache(async (id: string): Promise<ConnectionView> => {
  const principal = await requirePrincipal();
  try {
    return await getConnection(principal, id);
  } catch (error) {
    if (error instanceof AppError && error.code === "not_found") notFound();
    throw error;
  }
});
