import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { createHttp } from "#lib/egress/http.ts";
import { setEnvForTests } from "#lib/env.ts";
import { addressesOf, apiOf, hostsOfProvider } from "#lib/oauth/endpoints.ts";
import { Failure, type Ctx, type Resource } from "../types.ts";
import { driveConfig, sharedWithMe, type DriveConfig } from "./config.ts";
import { googleDrive } from "./connector.ts";
import { googleError } from "./fake/answers.ts";
import { fillDemo } from "./fake/demo.ts";
import { FakeGoogleDrive } from "./fake/server.ts";
import { mimes } from "./fake/store.ts";

const open: (() => Promise<void>)[] = [];
beforeAll(() => setEnvForTests({ RETRY_BASE_MS: "1" }));
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

async function start(
  config: unknown = { syncScope: "full" },
): Promise<{ source: FakeGoogleDrive; ctx: Ctx<DriveConfig> }> {
  const source = await FakeGoogleDrive.start();
  setEnvForTests(source.env);
  const http = createHttp({ allow: source.allow, userAgent: "test", retryBaseMs: 1 });
  open.push(
    () => http.close(),
    () => source.close(),
  );
  const authorization = `Bearer ${source.grant.accessToken}`;
  const ctx: Ctx<DriveConfig> = {
    config: driveConfig.parse(config),
    http: {
      request: (url, request) => http.request(url, { ...request, headers: { ...request?.headers, authorization } }),
    },
    api: apiOf(googleDrive),
    grant: {},
    page: () => Promise.reject(new Error("not used")),
    known: { get: async () => new Map(), async *seenThisRun() {}, async *unseen() {} },
    resuming: false,
    limit: 10,
    signal: new AbortController().signal,
    now: () => new Date(),
    note: () => {},
    log: () => {},
  };
  return { source, ctx };
}

/** As the console does it: with settings whose type it does not know. */
const asAny = (ctx: Ctx<DriveConfig>) => ctx as unknown as Ctx<Record<string, unknown>>;
async function list(
  ctx: Ctx<DriveConfig>,
  parent: string | null,
  search: string | null = null,
  page: string | null = null,
) {
  if (!googleDrive.resources) throw new Error("nothing to choose from");
  return googleDrive.resources.list(asAny(ctx), { parent, search, page });
}
const names = (resources: readonly Resource[]) => resources.map(({ name }) => name);

describe("the picker", () => {
  test("begins with My Drive, what is shared, and the shared drives", async () => {
    const { source, ctx } = await start();
    source.store.addDrive("0Ateam", "Team", "ada");
    source.store.addDrive("0Asecret", "Secret", "grace");
    const { resources, next } = await list(ctx, null);
    expect(next).toBeNull();
    expect(resources).toMatchObject([
      { id: source.store.root("ada"), name: "My Drive", kind: "folder", opens: true },
      { id: sharedWithMe, name: "Shared with me", kind: "folder", opens: true },
      { id: "0Ateam", name: "Team", kind: "drive", opens: true },
    ]);
  });

  test("shows folders first, then what can be read; not the trash, not Forms or pictures", async () => {
    const { source, ctx } = await start();
    source.add({ name: "b.txt", body: { text: "x" } });
    source.add({ name: "a10.txt", body: { text: "x" } });
    source.add({ name: "a9.txt", body: { text: "x" } });
    source.add({ name: "Z folder", mimeType: mimes.folder });
    source.add({ name: "Form", mimeType: mimes.form });
    source.add({ name: "Photo", mimeType: "image/png", body: { text: "x" } });
    source.add({ name: "Old", mimeType: mimes.doc, trashed: true });
    const { resources } = await list(ctx, source.store.root("ada"));
    expect(names(resources)).toEqual(["Z folder", "a9.txt", "a10.txt", "b.txt"]);
    expect(resources.map(({ opens }) => opens)).toEqual([true, false, false, false]);
  });

  test("turns pages", async () => {
    const { source, ctx } = await start();
    source.drive.mostPerPage = 2;
    for (let n = 0; n < 5; n++) source.add({ name: `File ${n}.txt`, body: { text: "x" } });
    const found: string[] = [];
    for (let page: string | null = null; ;) {
      const reply = await list(ctx, source.store.root("ada"), null, page);
      found.push(...names(reply.resources));
      page = reply.next;
      if (page === null) break;
    }
    expect(found).toEqual(["File 0.txt", "File 1.txt", "File 2.txt", "File 3.txt", "File 4.txt"]);
  });

  test("opens shared drives and what is shared; a shortcut is chosen as what it leads to", async () => {
    const { source, ctx } = await start();
    source.store.addDrive("0Ateam", "Team", "ada");
    source.add({ name: "Ours", mimeType: mimes.doc, parent: "0Ateam" });
    const hers = source.add({ name: "Hers", mimeType: mimes.doc, owner: "grace", sharedWith: ["ada"] });
    source.add({ name: "Shortcut", mimeType: mimes.shortcut, target: hers });
    expect(names((await list(ctx, "0Ateam")).resources)).toEqual(["Ours"]);
    expect(names((await list(ctx, sharedWithMe)).resources)).toEqual(["Hers"]);
    expect((await list(ctx, source.store.root("ada"))).resources).toMatchObject([
      { id: hers, name: "Shortcut", kind: "file" },
    ]);
  });

  test("opens a folder of a shared drive whose member the account is not", async () => {
    const { source, ctx } = await start();
    source.store.addDrive("0Atheirs", "Theirs", "bob");
    source.add({ id: "plans", name: "Plans", mimeType: mimes.folder, parent: "0Atheirs", sharedWith: ["ada"] });
    source.add({ name: "Plan.txt", parent: "plans", body: { text: "Plan." } });
    expect(names((await list(ctx, "plans")).resources)).toEqual(["Plan.txt"]);
  });

  test("finds by name everywhere, whatever is typed", async () => {
    const { source, ctx } = await start();
    source.store.addDrive("0Ateam", "Team", "ada");
    source.add({ name: "Price list", mimeType: mimes.sheet, parent: "0Ateam" });
    source.add({ name: "Ada's plan", mimeType: mimes.doc });
    expect(names((await list(ctx, null, "price")).resources)).toEqual(["Price list"]);
    expect(names((await list(ctx, null, "Ada's")).resources)).toEqual(["Ada's plan"]);
    for (const typed of ["'", "\\", "') or trashed = true or ('", "  "]) await list(ctx, null, typed);
    expect(names((await list(ctx, null, "') or name contains ('a")).resources)).toEqual([]);
  });

  test("a choice makes the connection one of chosen files; without one there is nothing to sync", () => {
    expect(googleDrive.resources).toMatchObject({ setting: "selection", alongside: { syncScope: "selected" } });
    const needed = (config: unknown) => googleDrive.resources?.needed(driveConfig.parse(config));
    expect(needed({})).toBe(true);
    expect(needed({ syncScope: "full" })).toBe(false);
    expect(needed({ selection: [{ id: "1", name: "One", kind: "file" }] })).toBe(false);
  });

  test("settings that make no sense are refused", () => {
    for (const bad of [
      { syncScope: "some" },
      { selection: "all" },
      { selection: [{ id: "", name: "x", kind: "file" }] },
      { selection: [{ id: "1", name: "x", kind: "planet" }] },
    ])
      expect(driveConfig.safeParse(bad).success).toBe(false);
  });
});

describe("the check", () => {
  test("says who the account is, and shows its newest files when everything is synced", async () => {
    const { source, ctx } = await start();
    fillDemo(source.store);
    const account = await googleDrive.check(asAny(ctx));
    expect(account).toMatchObject({ id: "permission-ada", label: "ada@example.com", email: "ada@example.com" });
    expect(account.sample.map(({ title }) => title)).toContain("Travel policy");
    expect(account.sample.map(({ title }) => title)).not.toContain("Grace's diary");
  });

  test("with a choice it looks at no file", async () => {
    const { source, ctx } = await start({});
    fillDemo(source.store);
    expect((await googleDrive.check(asAny(ctx))).sample).toEqual([]);
    expect(source.log).toHaveLength(1);
  });

  test("a consent without the permission for files says how to repair it", async () => {
    const { source, ctx } = await start();
    const answer = googleError(403, "insufficientPermissions", "Request had insufficient authentication scopes.");
    source.fault({ kind: "answer", times: 9, answer });
    const failure = await googleDrive.check(asAny(ctx)).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Failure);
    expect(failure).toMatchObject({ kind: "reauth", fix: expect.stringContaining("ticked") as string });
  });
});

describe("addresses", () => {
  test("are Google's own unless the operator names others, and then nothing goes to Google", () => {
    if (googleDrive.auth.kind !== "oauth") throw new Error("not OAuth");
    const none = Object.fromEntries(
      ["AUTHORIZE", "TOKEN", "REVOKE", "API"].map((name) => [`GOOGLE_${name}_URL`, undefined]),
    );
    setEnvForTests(none);
    expect(addressesOf(googleDrive.auth)).toEqual({
      authorize: "https://accounts.google.com/o/oauth2/v2/auth",
      token: "https://oauth2.googleapis.com/token",
      revoke: "https://oauth2.googleapis.com/revoke",
      api: "https://www.googleapis.com/drive/v3",
    });
    setEnvForTests({ ...none, GOOGLE_TOKEN_URL: "http://127.0.0.1:1/token", GOOGLE_API_URL: "http://127.0.0.1:1" });
    expect(hostsOfProvider(googleDrive.auth)).toEqual(["127.0.0.1"]);
    setEnvForTests(none);
  });
});

test("a channel of notices is made at the fake and ended twice without complaint", async () => {
  const { source, ctx } = await start();
  const channels = googleDrive.webhook?.channels;
  const order = {
    id: "c".repeat(22),
    secret: "s".repeat(43),
    address: "https://tributary.example/v3/webhooks/google-drive",
  };
  const made = await channels?.subscribe(asAny(ctx), order);
  expect(source.channels.get(order.id)).toMatchObject({ address: order.address, token: order.secret });
  const channel = { id: order.id, remoteId: made?.remoteId ?? "" };
  await channels?.end(asAny(ctx), channel);
  expect(source.channels.size).toBe(0);
  await channels?.end(asAny(ctx), channel);
});
