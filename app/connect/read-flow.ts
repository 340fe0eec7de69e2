import { notFound, redirect } from "next/navigation";
import { cache } from "react";
import type { ConnectPageView } from "#lib/contract/connect-page.ts";
import { env } from "#lib/env.ts";
import { readFlow } from "#lib/oauth/flow-page.ts";
import { knownBrowserHere } from "#lib/server/browser.ts";

const read = cache(async (token: string) => readFlow(token, await knownBrowserHere()));

/** What a page shows of its flow; a person who belongs somewhere else by now is sent there. */
export async function flowFor(page: "confirm" | "choose" | "result", token: string): Promise<ConnectPageView> {
  const found = await read(token);
  if (!found) notFound();
  if (found.landing !== `${env().APP_URL}/connect/${page}/${token}`) redirect(found.landing);
  return found.view;
}

/** For titles, which cannot lead anywhere. */
export async function flowTitle(token: string, title: (view: ConnectPageView) => string): Promise<string> {
  const found = await read(token);
  return found ? title(found.view) : "Nothing here";
}
