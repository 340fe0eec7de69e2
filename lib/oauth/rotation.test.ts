import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { pool } from "#lib/db/client.ts";
import { setEnvForTests } from "#lib/env.ts";
import { testDatabase } from "#lib/testing/database.ts";
import { testOrganization } from "#lib/testing/organization.ts";
import { grantTokens } from "#lib/vault/oauth-places.ts";
import { reseal } from "#lib/vault/reseal.ts";
import { createVault, parseSealingKeys } from "#lib/vault/seal.ts";
import { startCaller, together, type CallerProcess, type Outcome } from "./testing/caller-process.ts";
import { grantBench, type GrantBench } from "./testing/grant-bench.ts";

const [oldKey, newKey] = ["old", "new"].map((id) => `${id}:${randomBytes(32).toString("base64")}`);
let bench: GrantBench;
let organizationId: string;
const children: CallerProcess[] = [];

beforeAll(async () => {
  await testDatabase({ LOG_LEVEL: "error", SEALING_KEYS: `${oldKey},${newKey}` });
  ({ organizationId } = await testOrganization());
});

beforeEach(async () => {
  // Short enough to be renewed again and again, long enough to arrive on a busy machine.
  bench = await grantBench(organizationId, { rotates: true, expiresInSeconds: 4 });
});

afterEach(async () => {
  await Promise.all(children.splice(0).map((child) => child.kill()));
  await bench.close();
});

test("while the sealing key is rotated, 20 workers that read and renew tokens never meet one they cannot open (P08)", async () => {
  const refs = await Promise.all(Array.from({ length: 10 }, () => bench.grant({ expiresInSeconds: 4 })));
  // Half of them know of the new key already, half of them use it: the moment in which an operator restarts them.
  for (const SEALING_KEYS of [`${oldKey},${newKey}`, `${newKey},${oldKey}`])
    for (let i = 0; i < 2; i++) children.push(await startCaller({ ...bench.childValues(), SEALING_KEYS }));
  const stop = new AbortController();
  const outcomes: Outcome[] = [];
  const work = children.map(async (child, at) => {
    for (let i = at; !stop.signal.aborted; i++) {
      const ref = refs[i % refs.length];
      if (ref) outcomes.push(await child.call({ ref, callers: 5 }));
    }
  });
  const after = createVault(parseSealingKeys(`${newKey},${oldKey}`));
  let resealed = 0;
  while (outcomes.length < 60 || bench.provider.oauth.counts.refreshes < 20) {
    resealed += (await reseal(pool(), after, { batch: 3 })).resealed;
    await delay(10);
  }
  stop.abort();
  await Promise.all(work);
  const { counts } = together(outcomes);
  expect(Object.keys(counts)).toEqual(["200"]);
  expect(counts["200"]).toBeGreaterThanOrEqual(300);
  expect(resealed).toBeGreaterThanOrEqual(10);
  // With all of them on the new key, one pass is enough for the old one to go.
  await reseal(pool(), after);
  const alone = createVault(parseSealingKeys(newKey ?? ""));
  for (const ref of refs) {
    const { tokens } = await bench.row(ref);
    expect(JSON.parse(alone.open(tokens, grantTokens(ref.id, organizationId)))).toHaveProperty("refreshToken");
  }
  setEnvForTests({ SEALING_KEYS: newKey });
  const last = await startCaller(bench.childValues());
  children.push(last);
  for (const ref of refs) expect((await last.call({ ref, callers: 1 })).counts).toEqual({ 200: 1 });
});
