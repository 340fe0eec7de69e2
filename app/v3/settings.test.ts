import { readFileSync } from "node:fs";
import Supermemory, { BadRequestError, PermissionDeniedError } from "supermemory";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { listAudit } from "#lib/audit/service.ts";
import { useConnectors } from "#lib/connections/registry.ts";
import { settingsWithoutUse } from "#lib/contract/settings.ts";
import { pool, prisma } from "#lib/db/client.ts";
import { updateSettings } from "#lib/organizations/settings.ts";
import { testApi } from "#lib/testing/api.ts";
import { stubConnector } from "#lib/testing/stub-connector.ts";
import { stubOAuthConnector } from "#lib/testing/stub-oauth-connector.ts";

const api = testApi();
const canary = "GOCSPX-canary-client-secret-0001";
const all = ["notion", "googleDrive", "onedrive", "github"].flatMap((prefix) =>
  ["CustomKeyEnabled", "ClientId", "ClientSecret"].map((ending) => prefix + ending),
);
const others = [...Object.keys(settingsWithoutUse), "chunkSize"];

beforeAll(() => {
  const tenant = { fallback: "common", variable: "MICROSOFT_TENANT", label: "Tenant", help: "" };
  const restore = useConnectors([
    stubConnector().connector,
    stubOAuthConnector({ settings: "notion", variables: "NOTION" }, { id: "notion" }),
    stubOAuthConnector({ settings: "googleDrive" }, { id: "google-drive" }),
    stubOAuthConnector({ settings: "onedrive", variables: "MICROSOFT", tenant }, { id: "onedrive" }),
  ]);
  afterAll(restore);
});

beforeEach(async () => {
  await prisma().oAuthApp.deleteMany({});
  await prisma().organization.updateMany({ data: { redirectOrigins: [] } });
  await prisma().auditEvent.deleteMany({});
});

/** Beyond what the client's types know. */
const update = (patch: Record<string, unknown>) => api.client.settings.update(patch as never);
const get = async (): Promise<Record<string, unknown>> => ({ ...(await api.client.settings.get()) });
const refusal = async (patch: Record<string, unknown>) => {
  const reply = await api.send("PATCH", "/v3/settings", patch);
  return { status: reply.status, ...((await reply.json()) as { error: string; details: string }) };
};

describe("the official client", () => {
  test("reads every documented field: null where nobody has set anything", async () => {
    const settings = await get();
    for (const name of [...all, ...others]) expect(settings).toHaveProperty(name, null);
    expect(settings).toMatchObject({ onedriveTenant: null, redirectOrigins: [] });
    expect(settings).not.toHaveProperty("notionTenant");
  });

  test("enters an OAuth app of its own and gets back what it named, the secret masked", async () => {
    const reply = await api.client.settings.update({
      googleDriveCustomKeyEnabled: true,
      googleDriveClientId: "123.apps.googleusercontent.com",
      googleDriveClientSecret: canary,
    });
    const slug = (await prisma().organization.findUniqueOrThrow({ where: { id: api.acme.organizationId } })).slug;
    expect(reply).toEqual({
      orgId: api.acme.organizationId,
      orgSlug: slug,
      updated: {
        googleDriveCustomKeyEnabled: true,
        googleDriveClientId: "123.apps.googleusercontent.com",
        googleDriveClientSecret: "••••0001",
      },
    });
    expect(await get()).toMatchObject({ ...reply.updated, notionClientId: null });
  });

  test("an empty change is valid and changes nothing", async () => {
    expect(await api.client.settings.update({})).toMatchObject({ orgId: api.acme.organizationId, updated: {} });
    expect(await prisma().auditEvent.count()).toBe(0);
  });

  test("what is read can be written back as it is", async () => {
    await update({ notionCustomKeyEnabled: true, notionClientId: "n", notionClientSecret: canary });
    const before = await prisma().oAuthApp.findMany();
    const settings = await get();
    await update(settings);
    expect(await get()).toEqual(settings);
    expect(await prisma().oAuthApp.findMany()).toEqual(before);
  });

  test("leaving a secret out or sending its mask keeps it; null clears it and switches the app off", async () => {
    await update({ notionCustomKeyEnabled: true, notionClientId: "n", notionClientSecret: canary });
    const sealed = async () => (await prisma().oAuthApp.findFirstOrThrow()).clientSecret;
    const before = await sealed();
    await update({ notionClientId: "m" });
    await update({ notionClientId: "o", notionClientSecret: "••••0001" });
    expect(await sealed()).toBe(before);
    expect(await update({ notionClientSecret: null })).toMatchObject({ updated: { notionClientSecret: null } });
    expect(await get()).toMatchObject({
      notionClientId: "o",
      notionClientSecret: null,
      notionCustomKeyEnabled: false,
    });
    await update({ notionClientId: null });
    expect(await prisma().oAuthApp.count()).toBe(0);
    expect(await get()).toMatchObject({ notionClientId: null, notionCustomKeyEnabled: null });
  });

  test("an app may be entered part by part, and is in use only when it is whole and switched on", async () => {
    expect(await refusal({ notionCustomKeyEnabled: true, notionClientId: "n" })).toMatchObject({
      status: 400,
      details: expect.stringContaining("notionClientSecret"),
    });
    expect(await prisma().oAuthApp.count()).toBe(0);
    await update({ notionClientId: "n" });
    expect(await refusal({ notionCustomKeyEnabled: true })).toMatchObject({ status: 400 });
    await update({ notionClientSecret: canary });
    expect(await get()).toMatchObject({ notionCustomKeyEnabled: false });
    await update({ notionCustomKeyEnabled: true });
    expect(await get()).toMatchObject({ notionCustomKeyEnabled: true, notionClientId: "n" });
  });

  test("a tenant is taken where the provider has tenants, and refused where not", async () => {
    await update({ onedriveClientId: "id", onedriveClientSecret: canary, onedriveTenant: "contoso.onmicrosoft.com" });
    expect(await get()).toMatchObject({ onedriveTenant: "contoso.onmicrosoft.com" });
    await update({ onedriveTenant: null });
    expect(await get()).toMatchObject({ onedriveTenant: null, onedriveClientId: "id" });
    expect(await refusal({ notionTenant: "x" })).toMatchObject({ status: 400, details: /notionTenant/ });
    expect(await refusal({ onedriveTenant: "a/../b" })).toMatchObject({ status: 400, details: /onedriveTenant/ });
  });

  test("redirect origins are kept in one spelling, replaced as a whole, and cleared by null", async () => {
    await update({
      redirectOrigins: ["https://APP.example.com:443/", "http://localhost:3001", "https://app.example.com"],
    });
    expect(await get()).toMatchObject({ redirectOrigins: ["https://app.example.com", "http://localhost:3001"] });
    await update({ redirectOrigins: null });
    expect(await get()).toMatchObject({ redirectOrigins: [] });
  });
});

describe("refusals name the field, and nothing of the change is kept", () => {
  test.each([
    [
      "an app for a provider without a connector",
      { githubClientId: "x" },
      "githubClientId: this server has no GitHub connector",
    ],
    [
      "a switch for one",
      { githubCustomKeyEnabled: true },
      "githubCustomKeyEnabled: this server has no GitHub connector",
    ],
    [
      "a filter prompt",
      { filterPrompt: "only invoices" },
      "filterPrompt: must be null: this server runs no language model that could filter; choose what is read in the settings of each connection",
    ],
    [
      "a filter",
      { shouldLLMFilter: true },
      "shouldLLMFilter: must be false or null: this server runs no language model",
    ],
    ["a filter of another kind", { shouldLLMFilter: "yes" }, "shouldLLMFilter: must be false or null"],
    ["a list of items", { includeItems: ["a"] }, "includeItems: must be null: what is read is chosen in the settings"],
    ["an empty list of items", { excludeItems: [] }, "excludeItems: must be null"],
    ["a prompt", { workspacePrompt: "be kind" }, "workspacePrompt: must be null: this server runs no language model"],
    ["buckets", { profileBuckets: [{ key: "a", description: "b" }] }, "profileBuckets: must be null"],
    ["categories", { categories: ["a"] }, "categories: must be null"],
    ...[255, 2_049, 0, -2, 512.5, "512", true, [512]].map((chunkSize): [string, Record<string, unknown>, string] => [
      `${JSON.stringify(chunkSize)} as chunk size`,
      { chunkSize },
      "chunkSize: must be a whole number from 256 to 2,048, or -1 or null for the default",
    ]),
    [
      "a name almost right",
      { googleCustomKeyEnabled: true },
      "googleCustomKeyEnabled: is not a setting of this server",
    ],
    [
      "a switch that is a text",
      { notionCustomKeyEnabled: "yes" },
      "notionCustomKeyEnabled: must be true, false or null",
    ],
    ["a client id that is a number", { notionClientId: 5 }, "notionClientId: must be a text or null"],
    ["an empty client id", { notionClientId: "" }, "notionClientId: must not be empty; null clears it"],
    ["a client id with a space", { notionClientId: "a b" }, "notionClientId: must consist of plain letters"],
    [
      "a secret that is too long",
      { notionClientSecret: "x".repeat(3_000) },
      "notionClientSecret: must not be longer than 2048 characters",
    ],
    [
      "a secret with NUL",
      { notionClientSecret: "nul\u0000" },
      "notionClientSecret: contains characters that cannot be stored",
    ],
    [
      "an origin with a path",
      { redirectOrigins: ["https://a.example", "https://b.example/path"] },
      "redirectOrigins.1: must end after the host",
    ],
    ["plain http", { redirectOrigins: ["http://app.example.com"] }, "redirectOrigins.0: must use https"],
    ["a script", { redirectOrigins: ["javascript:alert(1)"] }, "redirectOrigins.0: must begin with https://"],
    ["a wildcard", { redirectOrigins: ["https://*.example.com"] }, "redirectOrigins.0: must name one host"],
    ["a text instead of a list", { redirectOrigins: "https://a.example" }, "redirectOrigins: must be a list"],
    [
      "fifty-one origins",
      { redirectOrigins: Array.from({ length: 51 }, (_, n) => `https://a${n}.example`) },
      "redirectOrigins: must not have more than 50 entries",
    ],
  ])("%s", async (_what, patch, details) => {
    const answer = await refusal({ googleDriveClientId: "kept?", ...patch });
    expect(answer).toMatchObject({ status: 400, details: expect.stringContaining(details) });
    expect(await prisma().oAuthApp.count()).toBe(0);
    expect(await get()).toMatchObject({ redirectOrigins: [] });
  });

  test("the official client sees them as its own errors", async () => {
    await expect(api.client.settings.update({ githubClientId: "x" })).rejects.toThrow(BadRequestError);
  });

  test("null is accepted for what is not supported, and fields nobody knows are ignored", async () => {
    const nothing = Object.fromEntries(
      [...all.filter((name) => name.startsWith("github")), ...others].map((n) => [n, null]),
    );
    expect(await update({ ...nothing, whatever: 1 })).toMatchObject({ updated: nothing });
  });
});

describe("the size of chunks", () => {
  /** organizations whose documents are to be indexed again */
  const marked = async () =>
    (await pool().query<{ id: string }>("select id from organizations where reindex_after is not null")).rows;
  const unmark = () => pool().query("update organizations set reindex_after = null");

  test("is kept, given back by -1 or null, and a change has every document indexed anew and is audited", async () => {
    await unmark();
    expect(await api.client.settings.update({ chunkSize: 512 })).toMatchObject({ updated: { chunkSize: 512 } });
    expect(await get()).toMatchObject({ chunkSize: 512 });
    expect(await marked()).toEqual([{ id: api.acme.organizationId }]);
    const { items } = await listAudit(api.acme.principal);
    expect(items[0]).toMatchObject({ action: "settings.update", detail: { chunkSize: 512 } });

    await unmark();
    await api.client.settings.update({ chunkSize: 512 });
    expect(await marked()).toEqual([]);
    expect((await listAudit(api.acme.principal)).items).toHaveLength(items.length);

    expect(await api.client.settings.update({ chunkSize: -1 })).toMatchObject({ updated: { chunkSize: null } });
    expect(await get()).toMatchObject({ chunkSize: null });
    expect(await marked()).toEqual([{ id: api.acme.organizationId }]);
    await update({ chunkSize: 2_048 });
    expect(await update({ chunkSize: null })).toMatchObject({ updated: { chunkSize: null } });
  });
});

test("the documentation says of each setting without use what to do instead, in the same words", () => {
  const page = readFileSync("docs/search.md", "utf8").replaceAll(/ +/g, " ");
  for (const [name, instead] of Object.entries(settingsWithoutUse))
    expect(page).toContain(`| \`${name}\` | ${instead} |`);
});

test("not filtering by a language model is what happens anyway, so false is accepted like null", async () => {
  expect(await api.client.settings.update({ shouldLLMFilter: false })).toMatchObject({
    updated: { shouldLLMFilter: false },
  });
  expect(await get()).toMatchObject({ shouldLLMFilter: null });
});

describe("secrets", () => {
  test("are never in a reply, the audit log or the database's text (T05)", async () => {
    await update({ notionCustomKeyEnabled: true, notionClientId: "n", notionClientSecret: canary });
    const replies = [
      await (await api.send("GET", "/v3/settings")).text(),
      await (await api.send("PATCH", "/v3/settings", { notionClientSecret: canary })).text(),
      await (await api.send("PATCH", "/v3/settings", { notionClientSecret: `${canary} `, githubClientId: "x" })).text(),
      JSON.stringify((await listAudit(api.acme.principal)).items),
      JSON.stringify(await prisma().oAuthApp.findMany()),
      JSON.stringify(await prisma().idempotencyKey.findMany(), (_, value: unknown) =>
        value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : value,
      ),
    ];
    for (const text of replies) expect(text).not.toContain("canary");
    expect(replies[3]).toContain("clientSecret");
  });

  test("a short one shows nothing of itself", async () => {
    await update({ notionClientId: "n", notionClientSecret: "short" });
    expect(await get()).toMatchObject({ notionClientSecret: "••••" });
  });

  test("a change is written to the audit log once, with the parts it was about", async () => {
    await update({ notionClientId: "n", notionClientSecret: canary, redirectOrigins: ["https://a.example"] });
    await update({ notionClientId: "n", notionClientSecret: canary, redirectOrigins: ["https://a.example"] });
    const { items } = await listAudit(api.acme.principal);
    expect(items.map(({ action, target, detail }) => ({ action, target, detail }))).toEqual([
      {
        action: "redirect_origins.update",
        target: `organization:${api.acme.organizationId}`,
        detail: { added: ["https://a.example"], removed: [] },
      },
      {
        action: "oauth_app.update",
        target: "oauth_app:notion",
        detail: { changed: ["clientId", "clientSecret"], enabled: false },
      },
    ]);
  });
});

describe("who", () => {
  test("every organization has settings of its own", async () => {
    const theirs = new Supermemory({ apiKey: api.globex.apiKey, baseURL: api.url, maxRetries: 0 });
    await update({
      notionCustomKeyEnabled: true,
      notionClientId: "acme",
      notionClientSecret: canary,
      redirectOrigins: ["https://acme.example"],
    });
    expect(await theirs.settings.get()).toMatchObject({ notionClientId: null, notionClientSecret: null });
    await theirs.settings.update({ notionClientId: "globex", redirectOrigins: ["https://globex.example"] } as never);
    expect(await get()).toMatchObject({ notionClientId: "acme", redirectOrigins: ["https://acme.example"] });
    expect(await theirs.settings.get()).toMatchObject({ redirectOrigins: ["https://globex.example"] });
  });

  test("viewers may not change settings, nobody without a key sees them", async () => {
    const viewer = {
      kind: "user",
      organizationId: api.acme.organizationId,
      userId: "0000000000000000000000",
      email: "v@example.com",
      role: "viewer",
    } as const;
    await expect(updateSettings(viewer, { notionClientId: "x" })).rejects.toMatchObject({ code: "forbidden" });
    const nobody = new Supermemory({ apiKey: "sm_wrong-key-wrong-key", baseURL: api.url, maxRetries: 0 });
    await expect(nobody.settings.get()).rejects.not.toThrow(PermissionDeniedError);
    expect((await api.send("DELETE", "/v3/settings")).status).toBe(405);
  });

  test("fifty changes at once leave one whole state, and each is audited", async () => {
    await Promise.all(
      Array.from({ length: 50 }, (_, n) =>
        update({ notionCustomKeyEnabled: true, notionClientId: `id-${n}`, notionClientSecret: `${canary}-${n}` }),
      ),
    );
    const settings = await get();
    const number = /^id-(\d+)$/.exec(String(settings["notionClientId"]))?.[1] ?? "";
    expect(settings["notionClientSecret"]).toBe(`••••${`${canary}-${number}`.slice(-4)}`);
    expect(await prisma().auditEvent.count({ where: { action: "oauth_app.update" } })).toBe(50);
  });
});
