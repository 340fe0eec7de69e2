import process from "node:process";
import { Failure } from "#lib/connectors/types.ts";
import { createHttp } from "#lib/egress/http.ts";
import { stubOAuthConnector } from "#lib/testing/stub-oauth-connector.ts";
import { apiOf } from "../endpoints.ts";
import { authorizeGrant } from "../grants.ts";
import { reachOf } from "../reach.ts";
import type { Order, Outcome } from "./caller-process.ts";

/** The program of a caller process (caller-process.ts). */

const connector = stubOAuthConnector({}, { pace: () => ({ perSecond: 0, concurrency: 64 }) });
const http = createHttp(reachOf(connector, {}));

async function call({ ref, times }: Order): Promise<string> {
  try {
    const authorized = await authorizeGrant(ref, connector, http, { times });
    const reply = await authorized.http.request(`${apiOf(connector)}/me`);
    await reply.discard();
    return String(reply.status);
  } catch (error) {
    return error instanceof Failure ? error.kind : String(error);
  }
}

async function obey(order: Order): Promise<void> {
  const counts: Record<string, number> = {};
  let longestMs = 0;
  const began = performance.now();
  await Promise.all(
    Array.from({ length: order.callers }, async () => {
      const what = await call(order);
      counts[what] = (counts[what] ?? 0) + 1;
      longestMs = Math.max(longestMs, performance.now() - began);
    }),
  );
  process.send?.({ counts, longestMs } satisfies Outcome);
}

process.on("message", (order) => void obey(order as Order));
process.on("disconnect", () => process.exit(0));
process.send?.("ready");
