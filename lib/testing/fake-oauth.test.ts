import { createServer } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { FakeOAuth } from "./fake-oauth.ts";
import { serveWith, type Loopback } from "./loopback.ts";

const redirectUri = "http://localhost:3000/back";
const opened: Loopback[] = [];
afterEach(async () => void (await Promise.all(opened.splice(0).map((each) => each.close()))));

/** One process of a fake: whatever it knows is gone in the next one. */
async function boot({ demo = true, name = "Stub", rotates = true } = {}) {
  const oauth = new FakeOAuth({
    name,
    authorizePath: "/authorize",
    tokenPath: "/token",
    revokePath: "/revoke",
    clientAuth: "body",
    tokenFormat: "form",
    rotates,
  });
  oauth.client("client", "secret", redirectUri);
  if (demo) oauth.demonstrate();
  const server = createServer((request, response) => {
    if (request.url === "/me") response.end(JSON.stringify(oauth.accountOf(request)));
    else void oauth.handle(request, response).then((mine) => mine || response.writeHead(404).end());
  });
  const loopback = await serveWith(server);
  opened.push(loopback);
  const { origin } = loopback;
  const post = (path: string, fields: Record<string, string>) =>
    fetch(origin + path, { method: "POST", body: new URLSearchParams(fields), redirect: "manual" });
  return {
    oauth,
    get: async (path: string) => await fetch(origin + path),
    post,
    revoke: (token: string) => post("/revoke", { token }),
    whose: async (accessToken: string) => {
      const reply = await fetch(`${origin}/me`, { headers: { authorization: `Bearer ${accessToken}` } });
      return ((await reply.json()) as { id: string } | null)?.id;
    },
    refresh: async (token: string) => {
      const reply = await post("/token", {
        grant_type: "refresh_token",
        refresh_token: token,
        client_id: "client",
        client_secret: "secret",
      });
      const body = (await reply.json()) as { access_token?: string; refresh_token?: string; error?: string };
      return { access: body.access_token ?? "", refresh: body.refresh_token ?? "", error: body.error };
    },
  };
}

describe("a demonstration", () => {
  test("goes on with its accounts after a restart", async () => {
    const before = await boot();
    const [, grace] = before.oauth.accounts;
    const { accessToken, refreshToken } = before.oauth.issue(grace);
    const rotated = await before.refresh(refreshToken);
    expect(await before.whose(rotated.access)).toBe("grace");

    const after = await boot();
    expect(await after.whose(accessToken)).toBe("grace");
    expect(await after.whose(rotated.access)).toBe("grace");
    const renewed = await after.refresh(rotated.refresh);
    expect(await after.whose(renewed.access)).toBe("grace");
    expect((await after.refresh(rotated.refresh)).error).toBe("invalid_grant");
    expect((await after.refresh(renewed.refresh)).error).toBeUndefined();
  });

  test("is as strict as ever within one process: rotated, expired, revoked and withdrawn tokens end", async () => {
    const fake = await boot();
    const first = fake.oauth.issue();
    const second = await fake.refresh(first.refreshToken);
    expect((await fake.refresh(first.refreshToken)).error).toBe("invalid_grant");
    await fake.revoke(second.access);
    expect(await fake.whose(first.accessToken)).toBeUndefined();
    expect((await fake.refresh(second.refresh)).error).toBe("invalid_grant");
    const third = fake.oauth.issue();
    fake.oauth.expireAccess();
    expect(await fake.whose(third.accessToken)).toBeUndefined();
    expect((await fake.refresh(third.refreshToken)).error).toBeUndefined();
  });

  test("ends what an earlier process gave: by revocation one grant, by its person all of theirs, by time", async () => {
    const before = await boot();
    const [ada, grace] = before.oauth.accounts;
    const [one, two, other] = [before.oauth.issue(ada), before.oauth.issue(ada), before.oauth.issue(grace)];
    const after = await boot();
    await after.revoke(one.refreshToken);
    expect(await after.whose(one.accessToken)).toBeUndefined();
    expect(await after.whose(two.accessToken)).toBe("ada");
    after.oauth.withdraw("ada");
    expect(await after.whose(two.accessToken)).toBeUndefined();
    expect((await after.refresh(two.refreshToken)).error).toBe("invalid_grant");
    expect(await after.whose(after.oauth.issue(ada).accessToken)).toBe("ada");
    expect(await after.whose(other.accessToken)).toBe("grace");
    after.oauth.now = () => Date.now() + 3_601_000;
    expect(await after.whose(other.accessToken)).toBeUndefined();
  });

  test("takes no token it did not give: changed, of another kind, of another provider", async () => {
    const { accessToken, refreshToken } = (await boot()).oauth.issue();
    const after = await boot();
    const changed = accessToken.replace(/^at_(.)/, (_, letter: string) => `at_${letter === "e" ? "f" : "e"}`);
    for (const token of [changed, `${accessToken}x`, refreshToken, "at_", "at_e30.", "", "."])
      expect(await after.whose(token), token).toBeUndefined();
    for (const token of [accessToken, `${refreshToken}x`, ""])
      expect((await after.refresh(token)).error, token).toBe("invalid_grant");
    expect(await (await boot({ name: "Another" })).whose(accessToken)).toBeUndefined();
  });

  test("has a page on which a person withdraws their access", async () => {
    const fake = await boot();
    const [ada, grace] = fake.oauth.accounts.map((account) => fake.oauth.issue(account));
    expect(await (await fake.get("/")).text()).toContain("Withdraw access of Grace Hopper");
    expect((await fake.post("/", { account: "nobody" })).status).toBe(400);
    const reply = await fake.post("/", { account: "grace" });
    expect(reply.status).toBe(303);
    expect(await (await fake.get(reply.headers.get("location") ?? "")).text()).toContain(
      "Grace Hopper has withdrawn access",
    );
    expect(await fake.whose(grace?.accessToken ?? "")).toBeUndefined();
    expect((await fake.refresh(grace?.refreshToken ?? "")).error).toBe("invalid_grant");
    expect(await fake.whose(ada?.accessToken ?? "")).toBe("ada");
  });
});

test("without being a demonstration it forgets everything with its process, and has no such page", async () => {
  const { accessToken, refreshToken } = (await boot({ demo: false })).oauth.issue();
  const ofDemo = (await boot()).oauth.issue();
  const after = await boot({ demo: false });
  for (const token of [accessToken, ofDemo.accessToken]) expect(await after.whose(token)).toBeUndefined();
  for (const token of [refreshToken, ofDemo.refreshToken])
    expect((await after.refresh(token)).error).toBe("invalid_grant");
  expect((await after.get("/")).status).toBe(404);
  expect((await after.post("/", { account: "ada" })).status).toBe(404);
});

test("an unknown client and an address it has not registered are told apart", async () => {
  const fake = await boot({ demo: false });
  const visit = async (client: string, address: string) => {
    const query = new URLSearchParams({ client_id: client, redirect_uri: address, response_type: "code" });
    const reply = await fake.get(`/authorize?${query}`);
    return { status: reply.status, text: await reply.text() };
  };
  const unknown = await visit("<nobody>", redirectUri);
  expect(unknown).toMatchObject({ status: 400, text: expect.stringContaining("unknown client: &lt;nobody>") });
  expect(unknown.text).not.toContain("redirect_uri_mismatch");
  expect(await visit("client", `${redirectUri}/`)).toMatchObject({
    status: 400,
    text: expect.stringContaining("redirect_uri_mismatch"),
  });
  expect((await visit("client", redirectUri)).status).toBe(200);
});
