import type { ResourcePageView } from "#lib/contract/views.ts";
import { query } from "./params.ts";
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

/** The source itself is given ten seconds by the server. */
const longestMs = 20_000;

/** Asks an address of ours that takes `parent`, `search` and `page`. */
export function resourceLoader(url: string): LoadResources {
  return async ({ parent, search, page }, signal) => {
    const late = AbortSignal.timeout(longestMs);
    let reply: Response;
    try {
      reply = await fetch(
        url + query({ parent: parent ?? undefined, search: search ?? undefined, page: page ?? undefined }),
        { cache: "no-store", headers: { accept: "application/json" }, signal: AbortSignal.any([signal, late]) },
      );
      if (reply.ok) return (await reply.json()) as ResourcePageView;
    } catch (error) {
      if (signal.aborted) throw error;
      if (late.aborted) throw new Refusal("No answer after 20 seconds.", "Try again in a while.", []);
      throw new Refusal("The server could not be reached.", "Check the network, then try again.", []);
    }
    if (reply.status === 401) throw new Refusal("Your session has ended.", "Sign in again, then open this page.", []);
    const { error, details } = await problemOf(reply);
    throw new Refusal(error ?? "The list could not be read.", details ?? "Try again in a while.", []);
  };
}

async function problemOf(reply: Response): Promise<{ readonly error?: string; readonly details?: string }> {
  try {
    return (await reply.json()) as { error?: string; details?: string };
  } catch {
    return {};
  }
}
