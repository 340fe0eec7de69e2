import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Failure } from "#lib/connectors/types.ts";
import { pool } from "#lib/db/client.ts";
import { createHttp, type ClosableHttp } from "#lib/egress/http.ts";
import { EgressError } from "#lib/egress/types.ts";
import { testDatabase } from "#lib/testing/database.ts";
import { serve, type Loopback } from "#lib/testing/loopback.ts";
import { testOrganization } from "#lib/testing/organization.ts";
import { stubOAuthConnector } from "#lib/testing/stub-oauth-connector.ts";
import { until } from "#lib/testing/wait.ts";
import { authorizeConnection } from "./authorize.ts";
import { authorizeGrant } from "./grants.ts";
import { BearerHttp } from "./bearer.ts";
import { readGrant, type GrantRef } from "./stored-grant.ts";
import { grantBench, type GrantBench } from "./testing/grant-bench.ts";
import { refreshTimes, renewed, type RefreshTimes } from "./tokens.ts";

let bench: GrantBench;
let organizationId: string;
let http: ClosableHttp;
const connector = stubOAuthConnector();

beforeAll(async () => {
  await testDatabase({ LOG_LEVEL: "error" });
  ({ organizationId } = await testOrganization());
});

beforeEach(async () => {
  bench = await grantBench(organizationId, { rotates: true });
  http = createHttp({ allow: [new URL(bench.provider.origin).host], userAgent: "test", retryBaseMs: 1 });
});

afterEach(async () => {
  await http.close();
  await bench.close();
});

const refreshes = () => bench.provider.oauth.counts.token;
const me = () => `${bench.provider.origin}/me`;

/** The door with the grant's token; `ask` gives the status or the kind of failure. */
async function door(ref: GrantRef, times?: RefreshTimes) {
  const authorized = await authorizeGrant(ref, connector, http, { times });
  return {
    http: authorized.http,
    ask: async (url = me()): Promise<number | string> => {
      try {
        return (await authorized.http.request(url)).status;
      } catch (error) {
        if (error instanceof Failure) return error.kind;
        throw error;
      }
    },
  };
}

describe("a 401", () => {
  test("once: one refresh, and the caller notices nothing (C01)", async () => {
    const { ask } = await door(await bench.grant());
    bench.provider.api.statuses.push(401);
    expect([await ask(), await ask()]).toEqual([200, 200]);
    expect(refreshes()).toBe(1);
  });

  test("twice in a row: the account has to be reconnected, after one refresh (C01)", async () => {
    const { ask } = await door(await bench.grant());
    bench.provider.api.statuses.push(401, 401);
    expect(await ask()).toBe("reauth");
    expect(refreshes()).toBe(1);
  });

  test("on every second call: no refresh loop, at most one in 60 seconds (C01)", async () => {
    const ref = await bench.grant();
    const { ask } = await door(ref);
    bench.provider.api.statuses.push(...Array.from({ length: 10 }, () => [401, 200]).flat());
    for (let i = 0; i < 10; i++) expect(await ask()).toBe(200);
    expect(refreshes()).toBe(1);
    await bench.age(ref, 61);
    bench.provider.api.statuses.push(401, 200);
    expect(await ask()).toBe(200);
    expect(refreshes()).toBe(2);
  });

  test("for ever: a minute costs one refresh, however often is asked (C01)", async () => {
    const { ask } = await door(await bench.grant());
    bench.provider.api.statuses.push(...Array.from({ length: 40 }, () => 401));
    for (let i = 0; i < 20; i++) expect(await ask()).toBe("reauth");
    expect(refreshes()).toBe(1);
  });

  test("because another process has newer tokens: these are used without asking for more", async () => {
    const ref = await bench.grant();
    const { ask } = await door(ref);
    bench.provider.oauth.expireAccess();
    await renewed(ref, connector, 1);
    expect(await ask()).toBe(200);
    expect(refreshes()).toBe(1);
  });

  test("a request with a body is asked again with the same body", async () => {
    const seen: string[] = [];
    const api = await serve((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        seen.push(`${request.method} ${body}`);
        response.writeHead(seen.length === 1 ? 401 : 200).end("{}");
      });
    });
    const bearer = await doorTo(api, await bench.grant());
    expect((await bearer.request(`${api.origin}/v1/x`, { method: "POST", body: "hello" })).status).toBe(200);
    expect(seen).toEqual(["POST hello", "POST hello"]);
    await api.close();
  });
});

/** A door to another server that stands for the API, and may reach these others. */
async function doorTo(api: Loopback, ref: GrantRef, ...others: Loopback[]): Promise<BearerHttp> {
  const allow = [api.allow, new URL(bench.provider.origin).host, ...others.map((each) => each.allow)];
  await http.close();
  http = createHttp({ allow, userAgent: "test", retryBaseMs: 1 });
  return new BearerHttp(await readGrant(ref, connector), connector, http, `${api.origin}/v1`);
}

describe("the token", () => {
  test("goes to the API's origin only: not to other ports, hosts or schemes, and not along a redirect", async () => {
    const seen: string[] = [];
    const record = (name: string) => (request: { headers: { authorization?: string } }) =>
      void seen.push(`${name} ${request.headers.authorization?.slice(0, 7) ?? "none"}`);
    const foreign = await serve((request, response) => {
      record("foreign")(request);
      response.end("{}");
    });
    const api = await serve((request, response) => {
      record("api")(request);
      response.writeHead(302, { location: `${foreign.origin}/taken` }).end();
    });
    const bearer = await doorTo(api, await bench.grant(), foreign);
    await (await bearer.request(`${api.origin}/v1/x`, { redirects: 3 })).discard();
    await (await bearer.request(`${foreign.origin}/v1/x`)).discard();
    expect(seen).toEqual(["api Bearer ", "foreign none", "foreign none"]);
    await api.close();
    await foreign.close();
  });

  test("never travels by plain http, except to what the operator allowed", async () => {
    const grant = await readGrant(await bench.grant(), connector);
    const bearer = new BearerHttp(grant, connector, http, "http://drive.invalid");
    await expect(bearer.request("http://drive.invalid/v1/x")).rejects.toMatchObject({ kind: "tls" });
  });

  test("replaces whatever Authorization header the connector set", async () => {
    const ref = await bench.grant();
    const authorized = await authorizeGrant(ref, connector, http);
    await authorized.http.request(me(), { headers: { Authorization: "Bearer mine", AUTHORIZATION: "Basic x" } });
    expect(bench.provider.api.tokens).toEqual([expect.stringMatching(/^Bearer at_[\w-]+$/)]);
  });

  test("is renewed five minutes before its end, and not before", async () => {
    const early = await bench.grant({ expiresInSeconds: 3_600 });
    expect(await (await door(early)).ask()).toBe(200);
    expect(refreshes()).toBe(0);
    await bench.age(early, 3_310);
    expect(await (await door(early)).ask()).toBe(200);
    expect(refreshes()).toBe(1);
  });

  test("whose end the provider did not say is used until a 401 (B09)", async () => {
    const ref = await bench.grant({ expiresInSeconds: null });
    const { ask } = await door(ref);
    expect(await ask()).toBe(200);
    expect(refreshes()).toBe(0);
    bench.provider.oauth.expireAccess();
    expect(await ask()).toBe(200);
    expect(refreshes()).toBe(1);
  });

  test("that still works is used while the token endpoint is down, and the endpoint is not asked each time (C04)", async () => {
    const ref = await bench.grant();
    await bench.age(ref, 3_400);
    bench.provider.oauth.faults.push({ kind: "status", status: 500 });
    const { ask } = await door(ref);
    for (let i = 0; i < 5; i++) expect(await ask()).toBe(200);
    expect(refreshes()).toBe(1);
  });

  test("that has ended while the token endpoint is down is trouble that passes (C04)", async () => {
    const ref = await bench.grant({ expiresInSeconds: -1 });
    bench.provider.oauth.faults.push({ kind: "status", status: 500 });
    const { ask } = await door(ref, { ...refreshTimes, calmMs: 0 });
    expect(await ask()).toBe("transient");
    expect(await ask()).toBe(200);
  });

  test("is not waited for after the request was stopped; the refresh goes on for the others", async () => {
    const ref = await bench.grant({ expiresInSeconds: -1 });
    bench.provider.oauth.faults.push({ kind: "slow", ms: 300 });
    const stop = new AbortController();
    const waiting = (await door(ref)).http.request(me(), { signal: stop.signal });
    await until(() => refreshes() === 1);
    stop.abort();
    await expect(waiting).rejects.toBeInstanceOf(EgressError);
    await until(async () => (await bench.row(ref)).version === 2);
    expect(bench.provider.api.requests).toBe(0);
  });
});

describe("a connection", () => {
  test("that is reconnected while it is at work goes on with its new grant", async () => {
    const ref = await bench.grant();
    const connection = { id: ref.connectionId, organization_id: organizationId };
    const { http: authorized } = await authorizeConnection(connection, connector, http);
    const next = await bench.grant({ connected: false });
    await pool().query("update connections set grant_id = $2 where id = $1", [ref.connectionId, next.id]);
    await pool().query("delete from grants where id = $1", [ref.id]);
    bench.provider.api.statuses.push(401, 401);
    const replies = await Promise.all([authorized.request(me()), authorized.request(me())]);
    expect(replies.map(({ status }) => status)).toEqual([200, 200]);
    expect((await authorized.request(me())).status).toBe(200);
  });

  test("asks as its grant; without one, or with a dead one, it has to be reconnected", async () => {
    const ref = await bench.grant();
    const connection = { id: ref.connectionId, organization_id: organizationId };
    const { http: authorized } = await authorizeConnection(connection, connector, http);
    expect((await authorized.request(me())).status).toBe(200);
    const foreign = { ...connection, organization_id: "another" };
    await expect(authorizeConnection(foreign, connector, http)).rejects.toMatchObject({ kind: "reauth" });
    const { id } = ref;
    await expect(
      authorizeGrant({ id, organizationId: "another" }, connector, http),
      "another organization's grant is none",
    ).rejects.toMatchObject({ kind: "reauth" });
    await pool().query("update grants set dead_at = now() where id = $1", [ref.id]);
    await expect(authorizeConnection(connection, connector, http)).rejects.toMatchObject({ kind: "reauth" });
    await pool().query("delete from grants where id = $1", [ref.id]);
    await expect(authorizeConnection(connection, connector, http)).rejects.toMatchObject({ kind: "reauth" });
  });
});
