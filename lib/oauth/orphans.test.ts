import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { newId } from "#lib/contract/ids.ts";
import { pool } from "#lib/db/client.ts";
import { transaction } from "#lib/db/tx.ts";
import { setEnvForTests } from "#lib/env.ts";
import { testDatabase } from "#lib/testing/database.ts";
import { testOrganization } from "#lib/testing/organization.ts";
import { stubOAuthConnector } from "#lib/testing/stub-oauth-connector.ts";
import { killHard, startWorkerProcess } from "#lib/sync/testing/worker-process.ts";
import { until } from "#lib/testing/wait.ts";
import { takeBackOrphans } from "./orphans.ts";
import type { GrantRef } from "./stored-grant.ts";
import { grantBench, type GrantBench } from "./testing/grant-bench.ts";
import { renewed } from "./tokens.ts";
import { closeFlows } from "./upkeep.ts";

let bench: GrantBench;
let organizationId: string;
const connector = stubOAuthConnector();
const connectors = new Map([[connector.id, connector]]);
const never = new AbortController().signal;

beforeAll(async () => {
  await testDatabase({ LOG_LEVEL: "error" });
  ({ organizationId } = await testOrganization());
});

beforeEach(async () => {
  bench = await grantBench(organizationId, { rotates: true });
});

afterEach(async () => {
  await pool().query("delete from connections");
  await pool().query("delete from grants");
  await bench.close();
});

const takeBack = () => takeBackOrphans(connectors, never);
const revocations = () => bench.provider.oauth.counts.revocations;
/** when the next attempt is due at once */
const nextAttempt = () => pool().query("update grants set lease_until = null");

async function exists({ id }: GrantRef): Promise<boolean> {
  return (await pool().query("select 1 from grants where id = $1", [id])).rowCount === 1;
}

/** A grant whose flow came to no end, minutes ago. */
async function orphan(options: Parameters<GrantBench["grant"]>[0] = {}) {
  const ref = await bench.grant({ connected: false, ...options });
  await bench.age(ref, 130);
  return ref;
}

test("a grant whose flow was interrupted is taken back at the provider and forgotten, after two minutes (B11)", async () => {
  const ref = await bench.grant({ connected: false });
  expect(await takeBack()).toBe(0);
  await bench.age(ref, 130);
  expect(await takeBack()).toBe(1);
  expect(revocations()).toBe(2);
  expect(await exists(ref)).toBe(false);
});

test("a connection that is deleted for good leaves no grant behind; one that can be restored keeps it", async () => {
  const ref = await bench.grant();
  await bench.age(ref, 130);
  await pool().query("update connections set state = 'deleting', delete_after = now() + interval '1 minute'");
  expect(await takeBack()).toBe(0);
  await pool().query("delete from connections");
  expect(await takeBack()).toBe(1);
  expect(revocations()).toBe(2);
  expect(await exists(ref)).toBe(false);
});

test("while another connection of the same account lives, nothing is revoked and its access goes on (B12)", async () => {
  const other = await bench.grant();
  const foreign = await bench.grant({ accountId: "grace" });
  const ref = await orphan();
  expect(await takeBack()).toBe(1);
  expect(revocations()).toBe(0);
  expect(await exists(ref)).toBe(false);
  expect((await renewed(other, connector, 1)).version).toBe(2);
  expect(await exists(foreign)).toBe(true);
});

test("whose account was never asked for is asked for first", async () => {
  await bench.grant();
  const ada = await orphan();
  const grace = await orphan({ accountId: "grace" });
  await pool().query("update grants set account_id = null where id = any($1)", [[ada.id, grace.id]]);
  expect(await takeBack()).toBe(2);
  // ada's lives on in the other connection, grace's does not
  expect(revocations()).toBe(2);
});

test("as long as nobody knows whose it is, a live connection is not put at risk; after a day it is forgotten", async () => {
  await bench.grant();
  const ref = await orphan();
  await pool().query("update grants set account_id = null where id = $1", [ref.id]);
  bench.provider.oauth.expireAccess();
  expect(await takeBack()).toBe(0);
  expect(await exists(ref)).toBe(true);
  await nextAttempt();
  await pool().query("update grants set dead_at = dead_at - interval '25 hours' where id = $1", [ref.id]);
  expect(await takeBack()).toBe(1);
  expect(revocations()).toBe(0);
});

test("a flow under way that may be of the same account is waited for", async () => {
  const ref = await orphan();
  const young = await bench.grant({ connected: false });
  await pool().query("update grants set account_id = null where id = $1", [young.id]);
  expect(await takeBack()).toBe(0);
  await pool().query("update grants set account_id = 'grace' where id = $1", [young.id]);
  await nextAttempt();
  expect(await takeBack()).toBe(1);
  expect(await exists(ref)).toBe(false);
});

test("a provider that does not answer is asked again later, for a day", async () => {
  const ref = await orphan();
  setEnvForTests({ GOOGLE_TOKEN_URL: "http://127.0.0.1:1" });
  expect(await takeBack()).toBe(0);
  setEnvForTests(bench.provider.env);
  expect(await takeBack()).toBe(0);
  expect(revocations()).toBe(0);
  await nextAttempt();
  expect(await takeBack()).toBe(1);
  expect(revocations()).toBe(2);
  expect(await exists(ref)).toBe(false);
});

test("what is over at the provider, has no app or no way back any more, is forgotten without asking", async () => {
  const dead = await orphan();
  await pool().query("update grants set dead_at = now(), dead_reason = 'invalid_grant' where id = $1", [dead.id]);
  await orphan({ clientId: "former-app" });
  await orphan({ accountId: "grace" });
  await pool().query("update grants set provider = 'gone' where account_id = 'grace'");
  expect(await takeBack()).toBe(3);
  expect(revocations()).toBe(0);
});

test("tokens that cannot be opened do not keep the others from being taken back", async () => {
  const broken = await orphan();
  await pool().query("update grants set tokens = 'v1.lost.x.y.z' where id = $1", [broken.id]);
  const ref = await orphan({ accountId: "grace" });
  expect(await takeBack()).toBe(1);
  expect([await exists(broken), await exists(ref)]).toEqual([true, false]);
});

test("a grant that becomes a connection's in this very moment is left alone", async () => {
  const ref = await orphan();
  await transaction(async (client) => {
    await client.query("update grants set account_id = 'ada' where id = $1 and dead_at is null", [ref.id]);
    await client.query(
      "insert into connections (id, organization_id, provider, container_tags, grant_id) values ($1, $2, $3, '{}', $4)",
      [newId(), organizationId, connector.id, ref.id],
    );
    expect(await takeBack()).toBe(0);
  });
  expect(await takeBack()).toBe(0);
  expect(revocations()).toBe(0);
  expect(await bench.row(ref)).toMatchObject({ dead_reason: null, leased: false });
});

test("several workers take each orphan back once", async () => {
  for (let i = 0; i < 5; i++) await orphan({ accountId: i % 2 ? "ada" : "grace" });
  const gone = await Promise.all([takeBack(), takeBack(), takeBack()]);
  expect(gone.reduce((sum, each) => sum + each)).toBe(5);
  expect(revocations()).toBe(10);
});

test("a worker does it by itself, in the background", async () => {
  const ref = await orphan();
  await pool().query("update grants set provider = 'gone' where id = $1", [ref.id]);
  const worker = await startWorkerProcess(bench.childValues());
  try {
    await until(async () => !(await exists(ref)), { timeoutMs: 30_000 });
  } finally {
    await killHard(worker);
  }
});

test("flows whose process died have failed and say so; what was sealed in late ones is gone (B11)", async () => {
  const flow = (id: string, status: string, consumed: string | null, expires: string) =>
    pool().query(
      `insert into connect_flows (id, organization_id, connection_id, provider, status, origin, actor, state_hash, verifier,
         code, client_id, redirect_uri, consumed_at, expires_at)
       values ($1, $2, 'c', 'google-drive', $3::flow_status, 'api', 'key:k', decode(md5($1), 'hex'), 'sealed', 'sealed', 'client', 'x',
         now() + $4::interval, now() + $5::interval)`,
      [id, organizationId, status, consumed, expires],
    );
  await flow("stuck", "exchanging", "-61 seconds", "5 minutes");
  await flow("busy", "exchanging", "-5 seconds", "5 minutes");
  await flow("late", "pending", null, "-1 second");
  await flow("asked", "confirming", "-5 seconds", "5 minutes");
  await flow("old", "done", "-9 days", "-8 days");
  await closeFlows();
  const { rows } = await pool().query(
    "select id, status::text as status, error, verifier is not null as sealed from connect_flows order by id",
  );
  expect(rows).toEqual([
    { id: "asked", status: "confirming", error: null, sealed: true },
    { id: "busy", status: "exchanging", error: null, sealed: true },
    { id: "late", status: "pending", error: null, sealed: false },
    { id: "stuck", status: "failed", error: "interrupted", sealed: false },
  ]);
});
