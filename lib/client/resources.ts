import type { ResourcePageView } from "#lib/contract/views.ts";
import { ApiError, Unreachable } from "./api.ts";
import { Refusal } from "./refusal.ts";

/** Listing what can be chosen at a source. */

export interface ResourceQuery {
  /** id of an opened folder; null = the top */
  readonly parent: string | null;
  /** text to find by name */
  readonly search: string | null;
  /** `next` of the page before; null = the first */
  readonly page: string | null;
}

/** What it throws is shown: a Refusal with what happened and what to do. */
export type LoadResources = (query: ResourceQuery, signal: AbortSignal) => Promise<ResourcePageView>;

/** Asks the console's own address, or the same on a connect page's. */
export type AskResources = (
  query: Readonly<Partial<Record<keyof ResourceQuery, string>>>,
  signal: AbortSignal,
) => Promise<ResourcePageView>;

/** What goes wrong becomes a sentence for the picker. */
export function resourceLoader(ask: AskResources): LoadResources {
  return async ({ parent, search, page }, signal) => {
    try {
      return await ask(
        { ...(parent !== null && { parent }), ...(search !== null && { search }), ...(page !== null && { page }) },
        signal,
      );
    } catch (error) {
      if (signal.aborted) throw error;
      if (error instanceof Unreachable)
        throw error.late
          ? new Refusal(error.message, "Try again in a while.", [])
          : new Refusal(error.message, "Check the network, then try again.", []);
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 401) throw new Refusal("Your session has ended.", "Sign in again, then open this page.", []);
      throw new Refusal(error.message, error.details ?? "Try again in a while.", []);
    }
  };
}
