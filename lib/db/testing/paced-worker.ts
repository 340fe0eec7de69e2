import process from "node:process";
import { AccountPace } from "#lib/db/account-pace.ts";
import { closeDatabase } from "#lib/db/client.ts";
import { createHttp } from "#lib/egress/http.ts";

/** A process with several connections of one account, each asking one thing after another (account-pace.test.ts). */
export interface PacedOrder {
  readonly url: string;
  readonly allow: string;
  readonly subject: string;
  readonly perSecond: number;
  readonly connections: number;
  readonly requests: number;
}

/** How long each request waited from being wanted to being answered, ms. */
export type PacedReport = readonly number[];

async function connection({ url, allow, subject, perSecond, requests }: PacedOrder): Promise<number[]> {
  const http = createHttp({
    allow: [allow],
    userAgent: "test",
    retryBaseMs: 10,
    sharedPace: new AccountPace(subject, perSecond, "Stub Drive"),
  });
  const waits: number[] = [];
  for (let i = 0; i < requests; i++) {
    const began = performance.now();
    await (await http.request(url)).discard();
    waits.push(performance.now() - began);
  }
  await http.close();
  return waits;
}

async function obey(order: PacedOrder): Promise<void> {
  const all = await Promise.all(Array.from({ length: order.connections }, () => connection(order)));
  process.send?.(all.flat() satisfies PacedReport);
  await closeDatabase();
  process.disconnect();
}

process.on("message", (order) => void obey(order as PacedOrder));
process.send?.("ready");
