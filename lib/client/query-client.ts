import { QueryClient } from "@tanstack/react-query";

/** Everything that is asked for again and again lies under this key, so that an action can have all of it asked anew. */
export const liveKey = "live";

/**
 * The address answers no more: the session is over, or what it is about was deleted. Asking again is pointless.
 */
export class Ended extends Error {
  readonly why: "signed-out" | "gone";
  constructor(why: "signed-out" | "gone") {
    super(why);
    this.why = why;
  }
}

const slowest = 15_000;

export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        // the console is often on this very machine, where the browser's "offline" says nothing
        networkMode: "always",
        retry: (_failures, error) => !(error instanceof Ended),
        retryDelay: (failures) => Math.min(slowest, 1_000 * 2 ** failures),
        // the server's paint is fresh: the first question comes after a pace, not at once
        staleTime: Infinity,
        refetchOnWindowFocus: "always",
        refetchOnReconnect: "always",
        // what nobody shows is forgotten, so that the next paint by the server is not overruled by something older
        gcTime: 0,
      },
      // inputs may hold secrets and answers keys: nothing of a finished action is kept
      mutations: { networkMode: "always", gcTime: 0 },
    },
  });
}

let ofBrowser: QueryClient | undefined;

/** One for the life of the browser's page; on the server one for each paint, so that nobody sees another's data. */
export function queryClient(): QueryClient {
  if (typeof window === "undefined") return makeQueryClient();
  return (ofBrowser ??= makeQueryClient());
}
