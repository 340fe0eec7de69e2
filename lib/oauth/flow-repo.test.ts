import { expect, test } from "vitest";
import { prisma } from "#lib/db/client.ts";
import { connectRig } from "#lib/testing/connect-rig.ts";
import { browserHash, newBrowser } from "./browser-cookie.ts";
import { beginConnect } from "./flow.ts";
import { consume, takeConfirmed } from "./flow-repo.ts";
import { hashOf, pageTokenOf } from "./flow-tokens.ts";

/** The statements decide by themselves, whatever their callers have looked at before. */
const rig = connectRig();

async function begun(origin: "console" | "api") {
  const browser = newBrowser();
  const input = { provider: "google-drive", settings: {} };
  const { authLink } = await beginConnect(rig.acme.principal, input, {
    origin,
    ...(origin === "api" ? {} : { browser }),
  });
  const state = new URL(authLink).searchParams.get("state") ?? "";
  return { browser, stateHash: hashOf("state", state), pageHash: hashOf("page", pageTokenOf(state)) };
}

const by = (browser: string, status: "confirming" | "exchanging" = "exchanging") => ({
  status,
  browserHash: browserHash(browser),
  code: status === "confirming" ? "sealed" : null,
  seconds: 60,
});

test("a state of the console is used up by its own browser, at its own provider, in time, once (B02, B04)", async () => {
  const { browser, stateHash } = await begun("console");
  expect(await consume(stateHash, "google-drive", by(newBrowser()))).toBe(false);
  expect(await consume(stateHash, "onedrive", by(browser))).toBe(false);
  await prisma().$executeRaw`update connect_flows set expires_at = now() - interval '1 second'`;
  expect(await consume(stateHash, "google-drive", by(browser))).toBe(false);
  await prisma().$executeRaw`update connect_flows set expires_at = now() + interval '1 minute'`;
  const wins = await Promise.all(Array.from({ length: 30 }, () => consume(stateHash, "google-drive", by(browser))));
  expect(wins.filter(Boolean)).toHaveLength(1);
});

test("an answer that waits for a person is given to the browser it came in, in time, once (B04)", async () => {
  const { browser, stateHash, pageHash } = await begun("api");
  expect(await consume(stateHash, "google-drive", by(browser, "confirming"))).toBe(true);
  expect(await takeConfirmed(pageHash, browserHash(newBrowser()))).toBeUndefined();
  await prisma().$executeRaw`update connect_flows set expires_at = now() - interval '1 second'`;
  expect(await takeConfirmed(pageHash, browserHash(browser))).toBeUndefined();
  await prisma().$executeRaw`update connect_flows set expires_at = now() + interval '1 minute'`;
  const taken = await Promise.all(Array.from({ length: 30 }, () => takeConfirmed(pageHash, browserHash(browser))));
  expect(taken.filter((one) => one !== undefined)).toEqual(["sealed"]);
});
