import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { pool } from "#lib/db/client.ts";
import { testDatabase } from "#lib/testing/database.ts";
import { testOrganization } from "#lib/testing/organization.ts";
import { stubOAuthConnector } from "#lib/testing/stub-oauth-connector.ts";
import { keepAlive } from "./keep-alive.ts";
import { grantBench, type GrantBench, type GrantOptions } from "./testing/grant-bench.ts";

let bench: GrantBench;
let organizationId: string;
const connector = stubOAuthConnector();
const never = new AbortController().signal;
const day = 86_400;

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

const keep = () => keepAlive(new Map([[connector.id, connector]]), never);

async function idle(seconds: number, options: GrantOptions = {}) {
  const ref = await bench.grant(options);
  await bench.age(ref, seconds);
  return ref;
}

test("tokens nobody used for a day are renewed, also of a paused connection; others are left alone", async () => {
  const active = await idle(day + 60);
  const paused = await idle(day + 60);
  await pool().query("update connections set state = 'paused' where id = $1", [paused.connectionId]);
  const busy = await idle(day - 60);
  const deleting = await idle(day + 60);
  await pool().query("update connections set state = 'deleting' where id = $1", [deleting.connectionId]);
  await idle(day + 60, { refreshable: false });
  await idle(day + 60, { connected: false });
  expect(await keep()).toBe(2);
  expect(bench.provider.oauth.counts.refreshes).toBe(2);
  for (const ref of [active, paused]) expect((await bench.row(ref)).version).toBe(2);
  for (const ref of [busy, deleting]) expect((await bench.row(ref)).version).toBe(1);
  expect(await keep()).toBe(0);
});

test("several workers renew each grant once", async () => {
  for (let i = 0; i < 12; i++) await idle(day + 60 + i);
  const renewed = await Promise.all([keep(), keep(), keep()]);
  expect(renewed.reduce((sum, each) => sum + each)).toBe(12);
  expect(bench.provider.oauth.counts.token).toBe(12);
});

test("one that cannot be renewed does not stand in the way of the others, and is not asked for again and again", async () => {
  await idle(day + 900);
  for (let i = 0; i < 6; i++) await idle(day + 60);
  bench.provider.oauth.faults.push({ kind: "status", status: 500 });
  expect(await keep()).toBe(6);
  expect(await keep()).toBe(0);
  expect(bench.provider.oauth.counts.token).toBe(7);
});

test("a round ends in time however many there are; the next one goes on", async () => {
  for (let i = 0; i < 3; i++) await idle(day + 60);
  const patience = 100;
  bench.provider.oauth.faults.push({ kind: "slow", ms: 2 * patience });
  expect(await keepAlive(new Map([[connector.id, connector]]), never, patience)).toBe(1);
  expect(await keep()).toBe(2);
});

test("a grant that was withdrawn is found out: its connection says that it needs a reconnect (B13)", async () => {
  const ref = await idle(day + 60);
  bench.provider.oauth.withdraw();
  expect(await keep()).toBe(0);
  expect(await bench.failureKind(ref.connectionId)).toBe("reauth");
  expect(await bench.row(ref)).toMatchObject({ dead_reason: "invalid_grant" });
});
