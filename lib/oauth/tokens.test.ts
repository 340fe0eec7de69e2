import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Failure, type Connector } from "#lib/connectors/types.ts";
import { pool } from "#lib/db/client.ts";
import { setEnvForTests } from "#lib/env.ts";
import { testDatabase } from "#lib/testing/database.ts";
import type { FakeOAuthOptions } from "#lib/testing/fake-oauth.ts";
import { testOrganization } from "#lib/testing/organization.ts";
import { stubClientId, stubClientSecret, stubOAuthConnector } from "#lib/testing/stub-oauth-connector.ts";
import { until } from "#lib/testing/wait.ts";
import { appSecret } from "#lib/vault/oauth-places.ts";
import { vault } from "#lib/vault/seal.ts";
import { refusedApps } from "./app-verdict.ts";
import { takeLease } from "./lease.ts";
import { sealTokens, type GrantRef } from "./stored-grant.ts";
import { startCaller, together, type CallerProcess } from "./testing/caller-process.ts";
import { grantBench, type GrantBench } from "./testing/grant-bench.ts";
import { refreshesDone, refreshTimes, renewed as renewedIn } from "./tokens.ts";

/** without the calm after a failure, which has a test of its own */
const renewed = (ref: GrantRef, by: Connector, stale: number, times = { ...refreshTimes, calmMs: 0 }) =>
  renewedIn(ref, by, stale, times);

let bench: GrantBench;
let organizationId: string;
const connector = stubOAuthConnector();
const children: CallerProcess[] = [];

beforeAll(async () => {
  await testDatabase({ LOG_LEVEL: "error" });
  ({ organizationId } = await testOrganization());
});

beforeEach(() => make());

afterEach(async () => {
  await Promise.all(children.splice(0).map((child) => child.kill()));
  await refreshesDone();
  await bench.close();
});

async function make(options: Partial<FakeOAuthOptions> = {}): Promise<void> {
  bench = await grantBench(organizationId, { rotates: true, ...options });
}

async function callers(count: number): Promise<CallerProcess[]> {
  const started = await Promise.all(Array.from({ length: count }, () => startCaller(bench.childValues())));
  children.push(...started);
  return started;
}

async function failure(act: Promise<unknown>): Promise<Failure> {
  const error = await act.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof Failure) return error;
  throw new Error("expected a Failure", { cause: error });
}

describe("one refresh at a time", () => {
  test("4 processes with 50 callers each refresh an expired token exactly once (P01)", async () => {
    const ref = await bench.grant();
    const processes = await callers(4);
    for (let round = 1; round <= 3; round++) {
      await bench.age(ref, 3_700);
      bench.provider.oauth.expireAccess();
      const outcome = together(await Promise.all(processes.map((each) => each.call({ ref, callers: 50 }))));
      expect(outcome.counts).toEqual({ 200: 200 });
      expect(bench.provider.oauth.counts.token).toBe(round);
    }
    expect(await bench.row(ref)).toMatchObject({ version: 4, lease_owner: null, leased: false });
  });

  test("a token endpoint slower than the lease is still asked once (P02)", async () => {
    const ref = await bench.grant({ expiresInSeconds: -1 });
    bench.provider.oauth.faults.push({ kind: "slow", ms: 3_000 });
    const times = { ...refreshTimes, leaseMs: 1_000 };
    const processes = await callers(2);
    const outcome = together(await Promise.all(processes.map((each) => each.call({ ref, callers: 20, times }))));
    expect(outcome.counts).toEqual({ 200: 40 });
    expect(outcome.longestMs).toBeGreaterThan(2_900);
    expect(bench.provider.oauth.counts.token).toBe(1);
  });

  test("when the process that refreshes is killed, another one does it as soon as the lease lapses (P02)", async () => {
    const ref = await bench.grant({ expiresInSeconds: -1 });
    bench.provider.oauth.faults.push({ kind: "silent" });
    const times = { ...refreshTimes, leaseMs: 1_000 };
    const [first, second] = await callers(2);
    if (!first || !second) throw new Error("unreachable");
    const abandoned = first.call({ ref, callers: 5, times }).catch(() => "killed");
    await until(() => bench.provider.oauth.counts.token === 1);
    await first.kill();
    const killedAt = performance.now();
    expect((await second.call({ ref, callers: 5, times })).counts).toEqual({ 200: 5 });
    expect(performance.now() - killedAt).toBeLessThan(times.leaseMs + 5_000);
    expect(bench.provider.oauth.counts.token).toBe(2);
    expect(await abandoned).toBe("killed");
  });

  test.each([
    { rotates: false, outcome: { 200: 3 }, kind: null },
    { rotates: true, outcome: { reauth: 3 }, kind: "reauth" },
  ])("killed between the provider's answer and our commit: %j (K04)", async ({ rotates, outcome, kind }) => {
    await bench.close();
    await make({ rotates });
    const ref = await bench.grant({ expiresInSeconds: -1 });
    bench.provider.oauth.faults.push({ kind: "slow", ms: 60_000 });
    const times = { ...refreshTimes, leaseMs: 500 };
    const [first, second] = await callers(2);
    if (!first || !second) throw new Error("unreachable");
    void first.call({ ref, callers: 1, times }).catch(() => {});
    await until(() => bench.provider.oauth.counts.refreshes === 1);
    await first.kill();
    expect((await second.call({ ref, callers: 3, times })).counts).toEqual(outcome);
    expect(await bench.failureKind(ref.connectionId)).toBe(kind);
  });

  test("a process that ends waits for the answers that are on their way", async () => {
    const ref = await bench.grant();
    bench.provider.oauth.faults.push({ kind: "slow", ms: 200 });
    const slow = renewed(ref, connector, 1);
    await until(() => bench.provider.oauth.counts.token === 1);
    await refreshesDone();
    expect((await bench.row(ref)).version).toBe(2);
    await slow;
  });

  test("whoever comes with tokens after losing the lease does not overwrite newer ones", async () => {
    const ref = await bench.grant();
    bench.provider.oauth.faults.push({ kind: "slow", ms: 300 });
    const slow = renewed(ref, connector, 1);
    await until(async () => (await bench.row(ref)).leased);
    // As if the holder had slept past its lease, and somebody else had refreshed meanwhile.
    const newer = sealTokens(ref, { accessToken: "at_newer", refreshToken: "rt_newer" });
    await pool().query(
      "update grants set tokens = $2, version = version + 1, lease_fence = lease_fence + 1, lease_until = null where id = $1",
      [ref.id, newer],
    );
    expect((await slow).tokens).toEqual({ accessToken: "at_newer", refreshToken: "rt_newer" });
    expect(await bench.row(ref)).toMatchObject({ version: 2, tokens: newer });
  });

  test("tokens that come after the lease was lost are kept if nobody has newer ones: they may be the only ones left", async () => {
    const ref = await bench.grant();
    bench.provider.oauth.faults.push({ kind: "slow", ms: 300 });
    const slow = renewed(ref, connector, 1);
    await until(async () => (await bench.row(ref)).leased);
    await pool().query("update grants set lease_fence = lease_fence + 1, lease_owner = 'other' where id = $1", [
      ref.id,
    ]);
    expect((await slow).version).toBe(2);
    expect(await bench.row(ref)).toMatchObject({ version: 2, lease_owner: "other", leased: true });
  });

  test("callers of one process share a flight, whatever version they saw before", async () => {
    const ref = await bench.grant();
    const [first, second] = await Promise.all([renewed(ref, connector, 1), renewed(ref, connector, 0)]);
    expect([first.version, second.version]).toEqual([2, 2]);
    expect(bench.provider.oauth.counts.token).toBe(1);
  });

  test("no connection of the pool is held while the provider is asked", async () => {
    const ref = await bench.grant();
    bench.provider.oauth.faults.push({ kind: "slow", ms: 300 });
    const slow = renewed(ref, connector, 1);
    await until(() => bench.provider.oauth.counts.token === 1);
    await delay(50);
    const { rows } = await pool().query(
      "select 1 from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'",
    );
    expect(rows).toEqual([]);
    await slow;
  });
});

describe("rotation", () => {
  test("a rotated refresh token is stored with the access token, and the next refresh uses it (C02)", async () => {
    const ref = await bench.grant();
    const first = await renewed(ref, connector, 1);
    const second = await renewed(ref, connector, first.version);
    const third = await renewed(ref, connector, second.version);
    expect(new Set([first, second, third].map(({ tokens }) => tokens.refreshToken)).size).toBe(3);
    expect(bench.provider.oauth.counts.refreshes).toBe(3);
  });

  test("a reply without a refresh token keeps the old one (C02)", async () => {
    await bench.close();
    await make({ rotates: false });
    const ref = await bench.grant();
    const first = await renewed(ref, connector, 1);
    const second = await renewed(ref, connector, first.version);
    expect(second.tokens.refreshToken).toBe(first.tokens.refreshToken);
    expect(second.tokens.accessToken).not.toBe(first.tokens.accessToken);
  });

  test("a lost reply is asked for once more; a provider that does not rotate answers (C02)", async () => {
    await bench.close();
    await make({ rotates: false });
    const ref = await bench.grant();
    bench.provider.oauth.faults.push({ kind: "lost" });
    expect((await renewed(ref, connector, 1)).version).toBe(2);
    expect(bench.provider.oauth.counts.token).toBe(2);
  });

  test("a lost reply of a provider that rotates costs one reconnect, said at once (C02)", async () => {
    const ref = await bench.grant();
    bench.provider.oauth.faults.push({ kind: "lost" });
    expect(await failure(renewed(ref, connector, 1))).toMatchObject({ kind: "reauth", fix: "Reconnect the account." });
    expect(bench.provider.oauth.counts.token).toBe(2);
    expect(await bench.row(ref)).toMatchObject({ dead_reason: "invalid_grant", leased: false });
    expect(await bench.failureKind(ref.connectionId)).toBe("reauth");
    // Nobody asks the provider again.
    expect((await failure(renewed(ref, connector, 1))).kind).toBe("reauth");
    expect(bench.provider.oauth.counts.token).toBe(2);
  });
});

describe("what a refusal means", () => {
  test("invalid_grant while another process has refreshed: its tokens are used and nothing is condemned (C03)", async () => {
    const ref = await bench.grant();
    bench.provider.oauth.faults.push({ kind: "slow", ms: 300 });
    bench.provider.oauth.withdraw();
    const refused = renewed(ref, connector, 1);
    await until(() => bench.provider.oauth.counts.token === 1);
    const newer = sealTokens(ref, { accessToken: "at_newer", refreshToken: "rt_newer" });
    await pool().query("update grants set tokens = $2, version = version + 1 where id = $1", [ref.id, newer]);
    expect((await refused).tokens.accessToken).toBe("at_newer");
    expect(await bench.row(ref)).toMatchObject({ version: 2, dead_reason: null });
    expect(await bench.failureKind(ref.connectionId)).toBeNull();
  });

  test("a token endpoint that is down condemns nothing, and the next try works (C04)", async () => {
    const ref = await bench.grant();
    for (const fault of [
      { kind: "status", status: 500 },
      { kind: "status", status: 503 },
      { kind: "status", status: 200 },
    ] as const) {
      bench.provider.oauth.faults.push(fault);
      expect((await failure(renewed(ref, connector, 1))).kind).toBe("transient");
    }
    setEnvForTests({ GOOGLE_TOKEN_URL: "http://127.0.0.1:1" });
    expect((await failure(renewed(ref, connector, 1))).kind).toBe("transient");
    setEnvForTests(bench.provider.env);
    expect(await bench.row(ref)).toMatchObject({ version: 1, dead_reason: null, leased: false });
    expect(await bench.failureKind(ref.connectionId)).toBeNull();
    expect((await renewed(ref, connector, 1)).version).toBe(2);
  });

  test("a provider that does not know the OAuth app is the operator's matter, no account's (C05)", async () => {
    const ref = await bench.grant();
    const other = await bench.grant({ accountId: "grace" });
    bench.provider.oauth.faults.push({ kind: "error", status: 400, error: "invalid_client" });
    const error = await failure(renewed(ref, connector, 1));
    expect(error).toMatchObject({ kind: "permanent", fix: expect.stringContaining("Settings → OAuth apps") });
    expect(await bench.row(ref)).toMatchObject({ version: 1, dead_reason: null, leased: false });
    expect((await renewed(other, connector, 1)).version).toBe(2);
    expect((await renewed(ref, connector, 1)).version).toBe(2);
  });

  test("an organization's own app that is refused is remembered as refused until a refresh works", async () => {
    await pool().query(
      "insert into oauth_apps (organization_id, provider, client_id, client_secret) values ($1, $2, $3, $4)",
      [
        organizationId,
        connector.id,
        stubClientId,
        vault().seal(stubClientSecret, appSecret(connector.id, organizationId)),
      ],
    );
    try {
      const ref = await bench.grant();
      bench.provider.oauth.faults.push({ kind: "error", status: 400, error: "invalid_client" });
      await failure(renewed(ref, connector, 1));
      expect([...(await refusedApps(organizationId))]).toEqual([connector.id]);
      await renewed(await bench.grant({ accountId: "grace" }), connector, 1);
      expect((await refusedApps(organizationId)).size).toBe(0);
    } finally {
      await pool().query("delete from oauth_apps where organization_id = $1", [organizationId]);
    }
  });

  test("a grant of an OAuth app that is not known here any more has to be given again", async () => {
    const ref = await bench.grant({ clientId: "former-app" });
    expect(await failure(renewed(ref, connector, 1))).toMatchObject({
      kind: "reauth",
      fix: expect.stringContaining("OAuth apps"),
    });
    expect(await bench.row(ref)).toMatchObject({ dead_reason: null, leased: false });
    expect(bench.provider.oauth.counts.token).toBe(0);
  });

  test("without a refresh token nothing can be renewed: the connection says so", async () => {
    const ref = await bench.grant({ refreshable: false });
    expect((await failure(renewed(ref, connector, 1))).kind).toBe("reauth");
    expect(await bench.failureKind(ref.connectionId)).toBe("reauth");
  });

  test("an endpoint in trouble is asked once for a crowd of requests, not once for each (C04)", async () => {
    const ref = await bench.grant();
    const other = await bench.grant({ accountId: "grace" });
    bench.provider.oauth.faults.push({ kind: "status", status: 500 });
    for (let i = 0; i < 20; i++) expect((await failure(renewedIn(ref, connector, 1))).kind).toBe("transient");
    expect(bench.provider.oauth.counts.token).toBe(1);
    expect((await renewedIn(other, connector, 1)).version).toBe(2);
    const soon = { ...refreshTimes, calmMs: 20 };
    bench.provider.oauth.faults.push({ kind: "status", status: 500 });
    const third = await bench.grant();
    await failure(renewedIn(third, connector, 1, soon));
    await until(async () => (await renewedIn(third, connector, 1, soon)).version === 2);
  });

  test("somebody else's refresh is waited for only so long", async () => {
    const ref = await bench.grant();
    expect(await takeLease(ref, 1, 60_000)).not.toBeNull();
    const error = await failure(renewed(ref, connector, 1, { ...refreshTimes, patienceMs: 100 }));
    expect(error.kind).toBe("transient");
    expect(bench.provider.oauth.counts.token).toBe(0);
  });
});
