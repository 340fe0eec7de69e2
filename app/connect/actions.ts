"use server";

import { headers } from "next/headers";
import { z } from "zod";
import { cancelFlow, chooseForFlow, confirmFlow, retryFlow } from "#lib/oauth/flow-page.ts";
import { beginFromLink } from "#lib/oauth/links.ts";
import { publicAction } from "#lib/server/action.ts";
import { knownBrowserHere, thisBrowser } from "#lib/server/browser.ts";

/** What a person without an account here can do: with the token of a page, in the browser it belongs to. */
const page = z.object({ token: z.string().max(100) });
const chosen = z.object({
  id: z.string().max(2_000),
  name: z.string().max(2_000),
  kind: z.enum(["folder", "file", "drive"]),
});

const address = async () => (await headers()).get("x-tributary-address") ?? undefined;

export const confirm = publicAction(page, async ({ token }) => ({
  location: await confirmFlow(token, await knownBrowserHere(), await address()),
}));

export const cancel = publicAction(page, async ({ token }) => ({
  location: await cancelFlow(token, await knownBrowserHere(), await address()),
}));

export const retry = publicAction(page, async ({ token }) => ({
  location: await retryFlow(token, await knownBrowserHere(), await address()),
}));

/** From a link to reconnect: this browser is the one that may finish it. */
export const begin = publicAction(page, async ({ token }) => {
  const { authLink } = await beginFromLink(token, await thisBrowser(), await address());
  return { location: authLink };
});

export const choose = publicAction(z.object({ ...page.shape, chosen: z.array(chosen).max(5_000) }), async (input) => ({
  location: await chooseForFlow(input.token, await knownBrowserHere(), input.chosen, await address()),
}));
