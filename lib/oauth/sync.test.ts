import { afterEach, beforeEach, expect, test } from "vitest";
import { pool } from "#lib/db/client.ts";
import { setEnvForTests } from "#lib/env.ts";
import type { Engine } from "#lib/sync/run.ts";
import { engineBench } from "#lib/sync/testing/engine-bench.ts";
import { toyConnector } from "#lib/sync/testing/toy-connector.ts";
import type { Workbench } from "#lib/sync/testing/workbench.ts";
import { stubOAuthConnector } from "#lib/testing/stub-oauth-connector.ts";
import { authorizeConnection } from "./authorize.ts";
import { authorizeGrant } from "./grants.ts";
import type { GrantRef } from "./stored-grant.ts";
import { grantBench, type GrantBench } from "./testing/grant-bench.ts";
import { refreshTimes } from "./tokens.ts";

/** What a sync makes of tokens in trouble: the real engine, the real tokens, a toy provider behind OAuth. */

const it = engineBench({ LOG_LEVEL: "error", RETRY_BASE_MS: "1" });
let bench: Workbench;
let grants: GrantBench;
let ref: GrantRef;

beforeEach(async () => {
  grants = await grantBench(it.organization.organizationId, { rotates: true });
  setEnvForTests({ GOOGLE_API_URL: String(it.source.metadata["url"]) });
  const connector = toyConnector("keyed", { auth: stubOAuthConnector().auth });
  bench = await it.make({ connector, engine: { authorize: authorizeConnection } });
  ref = await grants.grant({ connected: false });
  await pool().query("update connections set grant_id = $2 where id = $1", [bench.connectionId, ref.id]);
  it.source.fill(30);
  await it.completed(bench);
});

afterEach(() => grants.close());

const asked = () => grants.provider.oauth.counts.token;

async function fails() {
  const { runId, result } = await bench.sync();
  expect(result).toBe("failed");
  return bench.run(runId);
}

test("a 401 in the middle of a sync costs one refresh, and the sync completes (C01)", async () => {
  it.source.fill(30, (i) => `new text of ${i}`);
  it.source.fault({ kind: "unauthorized", times: 1 });
  await it.completed(bench);
  await it.agrees(bench);
  expect(asked()).toBe(1);
});

test("access that was withdrawn: reconnect needed, said once; documents stay and nobody is asked again (B13)", async () => {
  grants.provider.oauth.withdraw();
  it.source.fault({ kind: "unauthorized", times: 1_000 });
  expect(await fails()).toMatchObject({
    error_code: "auth_expired",
    failure_kind: "reauth",
    error: "Toy has ended the access to this account. Reconnect the account.",
  });
  expect(asked()).toBe(1);
  const requests = it.source.counts.total;
  expect(await fails()).toMatchObject({ error_code: "auth_expired" });
  expect([asked(), it.source.counts.total]).toEqual([1, requests]);
  expect(await bench.connection()).toMatchObject({ failure_kind: "reauth", document_count: 30 });
  await it.agrees(bench);
});

test("a token endpoint that is down: documents and access stay, and it recovers by itself (C04)", async () => {
  await grants.age(ref, 3_700);
  const impatient: Engine["authorize"] = (_row, connector, http) =>
    authorizeGrant(ref, connector, http, { times: { ...refreshTimes, calmMs: 0 } });
  setEnvForTests({ GOOGLE_TOKEN_URL: "http://127.0.0.1:1" });
  const { runId, result } = await bench.sync({ authorize: impatient });
  expect(result).toBe("failed");
  expect(await bench.run(runId)).toMatchObject({ error_code: "provider_unavailable", failure_kind: "transient" });
  expect(await bench.connection()).toMatchObject({ failure_kind: "transient", document_count: 30 });
  expect(await grants.row(ref)).toMatchObject({ dead_reason: null, leased: false });
  setEnvForTests({ GOOGLE_TOKEN_URL: grants.provider.origin });
  await it.source.put("item-new", "text of the hour");
  expect((await bench.sync({ authorize: impatient })).result).toBe("completed");
  expect(await bench.connection()).toMatchObject({ failure_kind: null, document_count: 31 });
  await it.agrees(bench);
});

test("an OAuth app the provider does not accept: one cause for the operator, no reconnect asked of anybody (C05)", async () => {
  await grants.age(ref, 3_700);
  setEnvForTests({ GOOGLE_CLIENT_SECRET: "wrong" });
  const run = await fails();
  expect(run).toMatchObject({ failure_kind: "permanent", error_code: "provider_unavailable" });
  expect(run.error).toContain("Settings → OAuth apps");
  expect(run.error).not.toContain("wrong");
  expect(asked()).toBe(1);
  expect(await bench.connection()).toMatchObject({ failure_kind: "permanent", document_count: 30 });
});
