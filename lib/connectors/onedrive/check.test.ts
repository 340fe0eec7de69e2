import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { checkSettings, withSource } from "#lib/connections/check.ts";
import type { Resource } from "../types.ts";
import type { Authorized } from "#lib/connectors/types.ts";
import type { Http } from "#lib/egress/types.ts";
import { setEnvForTests } from "#lib/env.ts";
import { FakeOneDrive, type FakeOneDriveOptions } from "./fake/server.ts";
import { oneDrive } from "./onedrive.ts";

const open: FakeOneDrive[] = [];
beforeAll(() => setEnvForTests({ RETRY_BASE_MS: "2" }));
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

async function start(options?: FakeOneDriveOptions): Promise<FakeOneDrive> {
  const fake = await FakeOneDrive.start(options);
  open.push(fake);
  setEnvForTests({ ...fake.env, EGRESS_ALLOW: fake.allow.join(",") });
  return fake;
}

const as = (token: string) => ({
  authorize: (http: Http): Promise<Authorized> =>
    Promise.resolve({
      grant: {},
      http: {
        request: (url, request = {}) =>
          http.request(url, { ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } }),
      },
    }),
});

const config = { syncScope: "full", selection: [] };
const check = (fake: FakeOneDrive, token = fake.grant.accessToken) => checkSettings(oneDrive, config, as(token));

describe("checking", () => {
  test("says who it is and what is at the top, in three requests and nothing else", async () => {
    const fake = await start();
    fake.drive().file("Welcome.md", "Hello");
    fake.drive().folder("Team");
    expect(await check(fake)).toEqual({
      ok: true,
      account: {
        id: "ada",
        label: "Ada Lovelace (ada@example.com)",
        email: "ada@example.com",
        sample: [
          { id: expect.any(String), title: "Welcome.md", bytes: 5 },
          { id: expect.any(String), title: "Team" },
        ],
      },
    });
    expect(fake.counts).toMatchObject({ total: 3, reads: 0 });
  });

  test("with a choice it looks at no file: what lies outside of it is nobody's business", async () => {
    const fake = await start();
    fake.drive().file("Private.md", "Hello");
    const selection = [{ id: fake.drive().folder("Team"), name: "Team", kind: "folder" }];
    const checked = await checkSettings(oneDrive, { syncScope: "selected", selection }, as(fake.grant.accessToken));
    expect(checked).toMatchObject({ ok: true, account: { id: "ada", sample: [] } });
    expect(fake.counts).toMatchObject({ total: 2, reads: 0 });
  });

  test("another account is another id", async () => {
    const fake = await start();
    const grace = fake.oauth.issue(fake.oauth.accounts[1]).accessToken;
    expect(await check(fake, grace)).toMatchObject({ ok: true, account: { id: "grace" } });
  });

  test("an account without a mail address is known by its name", async () => {
    const fake = await start();
    fake.fault({
      kind: "answer",
      times: 1,
      answer: (response, request) => {
        if (!request.url?.startsWith("/v1.0/me?")) return false;
        response.end(
          JSON.stringify({ id: "x", displayName: null, mail: null, userPrincipalName: "x@y.invalid", extra: 1 }),
        );
        return true;
      },
    });
    const checked = await check(fake);
    expect(checked).toMatchObject({ ok: true, account: { email: expect.stringContaining("@") } });
  });

  test.each([
    [401, "InvalidAuthenticationToken", "reauth"],
    [403, "accessDenied", "denied"],
    [404, "ResourceNotFound", "missing"],
    [423, "resourceLocked", "denied"],
    [500, "generalException", "transient"],
    [503, "serviceNotAvailable", "transient"],
  ])("%i %s is a refusal with a way out", async (status, code, kind) => {
    const fake = await start();
    fake.fault({
      kind: "answer",
      times: 100,
      answer: (response) =>
        void response.writeHead(status).end(JSON.stringify({ error: { code, message: "<b>no</b>" } })),
    });
    const checked = await check(fake);
    expect(checked).toMatchObject({ ok: false, refusal: { kind } });
    if (!checked.ok) {
      expect(checked.refusal.fix).not.toBe("");
      expect(checked.refusal.message).not.toContain("<b>");
    }
  });

  test("an account without a drive says so", async () => {
    const fake = await start();
    fake.fault({
      kind: "answer",
      times: 100,
      answer: (response, request) => {
        if (!request.url?.startsWith("/v1.0/me/drive")) return false;
        response
          .writeHead(404)
          .end(JSON.stringify({ error: { code: "ResourceNotFound", message: "mysite not found" } }));
        return true;
      },
    });
    expect(await check(fake)).toMatchObject({ ok: false, refusal: { message: "This account has no OneDrive." } });
  });
});

describe("choosing", () => {
  const list = async (
    fake: FakeOneDrive,
    query: { parent?: string; search?: string; page?: string } = {},
  ): Promise<{ resources: readonly Resource[]; next: string | null }> => {
    const asked = await withSource(oneDrive, config, as(fake.grant.accessToken), async (ctx) => {
      if (!oneDrive.resources) throw new Error("nothing to choose from");
      return oneDrive.resources.list(ctx, { parent: null, search: null, page: null, ...query });
    });
    if (!asked.ok) throw asked.refusal.cause;
    return asked.value;
  };

  test("lists folders and files level by level, without what is not synced", async () => {
    const fake = await start();
    const drive = fake.drive();
    const team = drive.folder("Team");
    drive.package("Notebook");
    drive.shortcut("Shared");
    drive.file("a.txt", "Text");
    const inner = drive.file("b.txt", "Text", { parent: team });
    const top = await list(fake);
    expect(top.resources.map(({ name, kind, opens }) => [name, kind, opens])).toEqual([
      ["Team", "folder", true],
      ["a.txt", "file", false],
    ]);
    const inside = await list(fake, { parent: team });
    expect(inside.resources).toMatchObject([{ id: inner, name: "b.txt", path: "Team", mime: "text/plain" }]);
  });

  test("goes on from page to page", async () => {
    const fake = await start({ pageSize: 4 });
    const names = Array.from({ length: 11 }, (_, n) => `${n}.txt`);
    for (const name of names) fake.drive().file(name, "Text");
    const found: string[] = [];
    let page: string | undefined;
    do {
      const { resources, next } = await list(fake, page === undefined ? {} : { page });
      found.push(...resources.map(({ name }) => name));
      page = next ?? undefined;
    } while (page !== undefined);
    expect(found).toEqual(names);
  });

  test("searches everywhere or in a folder, whatever is typed", async () => {
    const fake = await start();
    const drive = fake.drive();
    const team = drive.folder("Team");
    drive.file("it's 100% (new) & più #1.txt", "Text", { parent: team });
    drive.file("plan.txt", "Text");
    for (const search of ["it's 100%", "(new) & più #1", "plan", "'); drop"]) {
      const { resources } = await list(fake, { search });
      expect(resources.length).toBe(search.startsWith("')") ? 0 : 1);
    }
    expect((await list(fake, { search: "plan", parent: team })).resources).toEqual([]);
    expect((await list(fake, { search: "it's", parent: team })).resources).toMatchObject([{ path: "Team" }]);
  });

  test.each(["", "..", ".", "../../me/messages", "a/b?c"])(
    "an id that is none is not asked for elsewhere: “%s”",
    async (parent) => {
      const fake = await start();
      await expect(list(fake, { parent })).rejects.toThrow();
      for (const line of fake.log) expect(line).toMatch(/^GET \/v1\.0\/me\/drive\/items\/[^/]+\/children\?/);
    },
  );

  test.each(["https://evil.invalid/", "/v1.0/me/messages", "x", "?a#b", `?${"x".repeat(9_000)}`, "?a\nb"])(
    "a page that is none is not asked for: “%s”",
    async (page) => {
      const fake = await start();
      await expect(list(fake, { page })).rejects.toThrow(/not known/);
      expect(fake.counts.total).toBe(0);
    },
  );

  test("a next page of another host is not followed", async () => {
    const fake = await start();
    fake.fault({
      kind: "answer",
      times: 1,
      answer: (response) =>
        void response.end(
          JSON.stringify({ value: [], "@odata.nextLink": "https://evil.invalid/v1.0/me/drive/root/children?x" }),
        ),
    });
    await expect(list(fake)).rejects.toThrow(/evil\.invalid, which is not asked/);
  });

  test("something must be chosen when only a choice is synced", () => {
    const needed = oneDrive.resources?.needed;
    expect(needed?.({ syncScope: "full", selection: [] })).toBe(false);
    expect(needed?.({ syncScope: "selected", selection: [] })).toBe(true);
    expect(needed?.({ syncScope: "selected", selection: [{ id: "A!1", name: "A", kind: "folder" }] })).toBe(false);
    for (const id of ["", "..", "a/b", "a?b", "a\u0000", "x".repeat(501)])
      expect(
        oneDrive.config.safeParse({ syncScope: "selected", selection: [{ id, name: "A", kind: "folder" }] }).success,
      ).toBe(false);
    expect(oneDrive.config.parse({})).toEqual(config);
    expect(oneDrive.config.safeParse({ syncScope: "some" }).error?.issues[0]?.message).toBe("must be full or selected");
  });
});
