import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Principal } from "#lib/contract/principal.ts";
import { prisma } from "#lib/db/client.ts";
import { env, setEnvForTests } from "#lib/env.ts";
import { browseDocuments, countDocuments, getDocument } from "#lib/documents/service.ts";
import { stubSettings, testApi } from "#lib/testing/api.ts";
import { addDocuments } from "#lib/testing/documents.ts";
import { stubConnector } from "#lib/testing/stub-connector.ts";
import { finishDeletions } from "#lib/sync/maintenance.ts";
import { enqueueDue } from "#lib/sync/schedule.ts";
import { checkSettings } from "./check.ts";
import {
  createConnection,
  deleteConnection,
  getConnection,
  getProvider,
  importProvider,
  listConnections,
  listProviders,
  pauseConnection,
  previewTags,
  requestSync,
  restoreConnection,
  resumeConnection,
  testConnection,
  updateConnection,
} from "./service.ts";

const api = testApi();
const principal = (): Principal => api.acme.principal;
const settings = { ...stubSettings };
const row = (id: string) => prisma().connection.findUniqueOrThrow({ where: { id } });
const runs = (connectionId: string) =>
  prisma().syncRun.findMany({ where: { connectionId }, orderBy: { queuedAt: "asc" } });

beforeEach(async () => {
  await prisma().connection.deleteMany({});
  await prisma().document.deleteMany({});
  await prisma().auditEvent.deleteMany({});
});

const create = (more: Partial<Parameters<typeof createConnection>[1]> = {}) =>
  createConnection(principal(), { provider: "s3", settings, ...more });

describe("creating", () => {
  test("seals the secrets into their own row and shows their last four characters at most", async () => {
    const view = await create({ name: "Docs", metadata: { team: "a" } });
    const { config, secrets, metadata } = await row(view.id);
    const stored = JSON.stringify({ config, secrets, metadata });
    expect(stored).not.toContain(settings.secretAccessKey);
    expect(stored).not.toContain(settings.accessKeyId);
    expect(JSON.stringify(view)).not.toContain(settings.secretAccessKey);
    expect(view.secrets).toEqual([
      { name: "accessKeyId", label: "Access key", set: true, last4: "0001" },
      { name: "secretAccessKey", label: "secretAccessKey", set: true, last4: "0001" },
    ]);
    expect(view.settings).toEqual({ bucket: "docs", region: "eu-central-1" });
    expect((await listConnections(principal()))[0]?.secrets.map((secret) => secret.last4)).toEqual([null, null]);
    const audit = JSON.stringify(await prisma().auditEvent.findMany({ select: { detail: true, action: true } }));
    expect(audit).toContain("connection.create");
    expect(audit).not.toContain("canary");
  });

  test("a refused source leaves nothing behind: no connection, no run, no audit line", async () => {
    api.source.refuse = "denied";
    await expect(create()).rejects.toMatchObject({
      status: 403,
      fields: [{ path: "metadata.bucket", message: "Mend it." }],
    });
    expect(await prisma().connection.count()).toBe(0);
    expect(await prisma().syncRun.count()).toBe(0);
    expect(await prisma().auditEvent.count()).toBe(0);
  });

  test("connection, first run and audit line exist together or not at all", async () => {
    const failing = createConnection(principal(), { provider: "s3", settings }, () => Promise.reject(new Error("no")));
    await expect(failing).rejects.toThrow("no");
    expect(await prisma().connection.count()).toBe(0);
    expect(await prisma().syncRun.count()).toBe(0);
    const { id } = await create();
    expect((await runs(id)).map((run) => [run.status, run.trigger, run.requestedBy])).toEqual([
      ["queued", "manual", api.acme.principal.keyId],
    ]);
  });

  test("takes what the provider corrects", async () => {
    const { settings: stored } = await create({ settings: { ...settings, region: "auto" } });
    expect(stored["region"]).toBe("eu-central-1");
  });

  test("a setting whose name is almost right is refused rather than copied onto documents", async () => {
    for (const name of ["secret_access_key", "SecretAccessKey", "access-key-id"])
      await expect(create({ metadata: { [name]: "canary" } })).rejects.toMatchObject({
        fields: [{ path: `metadata.${name}`, message: expect.stringMatching(/^must be written \w+Key/) }],
      });
    expect((await create({ metadata: { secretary: "Ada" } })).metadata).toEqual({ secretary: "Ada" });
  });

  test("a setting with one letter wrong is refused rather than silently not applied", async () => {
    for (const name of ["regon", "regionn", "regiom", "reigon"])
      await expect(create({ metadata: { [name]: "x" } })).rejects.toMatchObject({
        fields: [{ path: `metadata.${name}`, message: expect.stringContaining("one letter away from region") }],
      });
    expect((await create({ metadata: { religion: "none" } })).metadata).toEqual({ religion: "none" });
  });

  test("a name is optional; then the account speaks", async () => {
    expect((await create()).name).toBe("docs (stub)");
    expect((await create({ name: " My docs " })).name).toBe("My docs");
  });
});

describe("changing", () => {
  test("a new name or limit asks nothing of the source and starts no sync", async () => {
    const { id } = await create();
    await prisma().syncRun.deleteMany({});
    const checks = api.source.checks;
    const view = await updateConnection(principal(), id, { name: "New", documentLimit: 7, intervalSeconds: 120 });
    expect(view).toMatchObject({ name: "New", documentLimit: 7, intervalSeconds: 120, intervalIsCustom: true });
    expect(api.source.checks).toBe(checks);
    expect(await runs(id)).toEqual([]);
    expect((await row(id)).configVersion).toBe(1);
    expect(await updateConnection(principal(), id, { intervalSeconds: null })).toMatchObject({
      intervalSeconds: 4 * 3_600,
      intervalIsCustom: false,
    });
  });

  test("the form sent back as it was asks nothing of the source, unless the last run failed", async () => {
    const { id } = await create();
    const checks = api.source.checks;
    const same = { settings: { bucket: "docs", region: "eu-central-1", accessKeyId: "", secretAccessKey: "" } };
    await updateConnection(principal(), id, same);
    expect(api.source.checks).toBe(checks);
    await prisma().connection.update({ where: { id }, data: { failureKind: "reauth" } });
    await updateConnection(principal(), id, same);
    expect(api.source.checks).toBe(checks + 1);
    expect((await row(id)).failureKind).toBeNull();
  });

  test("NUL and half characters are refused before they reach the database", async () => {
    for (const prefix of ["a\0", "\ud800"])
      await expect(create({ settings: { ...settings, prefix } })).rejects.toMatchObject({
        fields: [{ path: "metadata.prefix" }],
      });
  });

  test("secrets that are left out or empty stay; a new one replaces the old", async () => {
    const { id } = await create();
    await updateConnection(principal(), id, { settings: { prefix: "a/", secretAccessKey: "" } });
    expect(api.source.last).toMatchObject({ ...settings, prefix: "a/" });
    await updateConnection(principal(), id, { settings: { secretAccessKey: "another-secret-0002" } });
    expect(api.source.last).toMatchObject({ prefix: "a/", secretAccessKey: "another-secret-0002" });
    const view = await getConnection(principal(), id);
    expect(view.secrets.map((secret) => secret.last4)).toEqual(["0001", "0002"]);
    await updateConnection(principal(), id, { settings: { prefix: null } });
    expect(api.source.last).not.toHaveProperty("prefix");
  });

  test("after a sealing key was lost, entering all secrets again mends it; until then nothing breaks but the sync", async () => {
    const { id } = await create();
    const keys = env().SEALING_KEYS ?? "";
    setEnvForTests({ SEALING_KEYS: `other:${Buffer.alloc(32, 9).toString("base64url")}` });
    try {
      expect((await getConnection(principal(), id)).secrets.map((secret) => secret.set)).toEqual([false, false]);
      await expect(updateConnection(principal(), id, { settings: { prefix: "a/" } })).rejects.toMatchObject({
        code: "invalid_request",
        details: expect.stringContaining("Enter all of them again"),
      });
      await updateConnection(principal(), id, { settings });
      expect((await getConnection(principal(), id)).secrets.map((secret) => secret.last4)).toEqual(["0001", "0001"]);
    } finally {
      setEnvForTests({ SEALING_KEYS: keys });
    }
  });

  test("settings the source refuses change nothing", async () => {
    const { id } = await create();
    const before = await row(id);
    api.source.refuse = "missing";
    await expect(updateConnection(principal(), id, { settings: { bucket: "other" } })).rejects.toMatchObject({
      status: 404,
    });
    await expect(updateConnection(principal(), id, { settings: { bucket: "" } })).rejects.toMatchObject({
      fields: [{ path: "metadata.bucket" }],
    });
    expect(await row(id)).toEqual(before);
  });

  test.each([
    ["another bucket", { settings: { bucket: "other" } }, true],
    ["other tags", { containerTags: ["b"] }, true],
    ["other metadata", { metadata: { team: "b" } }, true],
    ["a new secret", { settings: { secretAccessKey: "another-secret-0002" } }, false],
    ["the same tags", { containerTags: ["a"] }, false],
    ["the same settings", { settings: { bucket: "docs" } }, false],
  ] as const)("%s: everything is looked at again only where that matters", async (_name, change, again) => {
    const { id } = await create({ containerTags: ["a"], metadata: { team: "a" } });
    await updateConnection(principal(), id, change);
    expect((await row(id)).configVersion).toBe(again ? 2 : 1);
  });

  test("what somebody else changed while the source was asked is not undone: the slower one is told", async () => {
    const { id } = await create();
    api.source.before = async () => {
      api.source.before = async () => {};
      await updateConnection(principal(), id, { settings: { prefix: "theirs/" } });
    };
    await expect(updateConnection(principal(), id, { settings: { bucket: "mine" } })).rejects.toMatchObject({
      code: "conflict",
    });
    expect((await getConnection(principal(), id)).settings).toMatchObject({ bucket: "docs", prefix: "theirs/" });
    await updateConnection(principal(), id, { settings: { bucket: "mine" } });
    expect((await getConnection(principal(), id)).settings).toMatchObject({ bucket: "mine", prefix: "theirs/" });
  });

  test("metadata keys changed at the same time are all kept; null takes one away", async () => {
    const { id } = await create({ metadata: { a: 0 } });
    await Promise.all(["b", "c", "d"].map((key) => updateConnection(principal(), id, { metadata: { [key]: true } })));
    await updateConnection(principal(), id, { metadata: { a: null } });
    expect((await getConnection(principal(), id)).metadata).toEqual({ b: true, c: true, d: true });
  });

  test("a source that works again with the same settings is synced at once", async () => {
    const { id } = await create();
    await prisma().syncRun.deleteMany({});
    await prisma().connection.update({ where: { id }, data: { failureKind: "denied" } });
    expect((await updateConnection(principal(), id, { settings: { bucket: "docs" } })).status).toBe("queued");
  });

  test("settings that work again clear what stopped the last run and start a sync", async () => {
    const { id } = await create();
    await prisma().syncRun.deleteMany({});
    await prisma().connection.update({ where: { id }, data: { failureKind: "reauth" } });
    expect((await getConnection(principal(), id)).status).toBe("needs_reconnect");
    const view = await updateConnection(principal(), id, { settings: { secretAccessKey: "another-secret-0002" } });
    expect(view.status).toBe("queued");
    expect((await row(id)).failureKind).toBeNull();
  });
});

describe("pausing and syncing", () => {
  test("pause cancels what waits and unschedules; resume schedules and syncs at once", async () => {
    const { id } = await create();
    expect(await pauseConnection(principal(), id)).toMatchObject({
      state: "paused",
      status: "paused",
      nextSyncAt: null,
    });
    expect((await runs(id)).map((run) => run.status)).toEqual(["canceled"]);
    await expect(requestSync(principal(), id)).rejects.toMatchObject({ code: "conflict" });
    expect(await importProvider(principal(), "s3", [])).toEqual({ connections: 0, paused: 1, unchosen: 0 });
    const resumed = await resumeConnection(principal(), id);
    expect(resumed).toMatchObject({ state: "active", status: "queued", nextSyncAt: expect.any(String) });
    expect((await runs(id)).map((run) => run.status)).toEqual(["canceled", "queued"]);
  });

  test("A23 P03 a thousand requests for a sync are one queued run beside the running one", async () => {
    const { id } = await create();
    await prisma().syncRun.updateMany({ data: { status: "running", startedAt: new Date(), heartbeatAt: new Date() } });
    for (let i = 0; i < 20; i++) await Promise.all(Array.from({ length: 50 }, () => requestSync(principal(), id)));
    expect((await runs(id)).map((run) => run.status)).toEqual(["running", "queued"]);
    expect(await prisma().auditEvent.count({ where: { action: "connection.sync" } })).toBe(1);
  });
});

describe("P04 everything at once", () => {
  test("verbs on one connection that cross each other wait their turn; none fails for the other's sake", async () => {
    const { id } = await create();
    const refusals: unknown[] = [];
    const verbs = [
      () => requestSync(principal(), id),
      () => importProvider(principal(), "s3", []),
      () => pauseConnection(principal(), id),
      () => resumeConnection(principal(), id),
      () => updateConnection(principal(), id, { containerTags: [`t${Math.random()}`] }),
      () => updateConnection(principal(), id, { metadata: { n: Math.random() } }),
      () => enqueueDue(new Map()),
    ];
    for (let round = 0; round < 15; round++) {
      await prisma().$executeRaw`update sync_runs set status = 'completed' where connection_id = ${id}`;
      await prisma().$executeRaw`update connections set next_sync_at = now() where next_sync_at is not null`;
      const results = await Promise.allSettled(verbs.toSorted(() => Math.random() - 0.5).map((verb) => verb()));
      for (const result of results) if (result.status === "rejected") refusals.push(result.reason);
    }
    // A paused connection may refuse to sync; nothing else is a reason.
    expect(refusals.filter((error) => (error as { code?: string }).code !== "conflict")).toEqual([]);
    const waiting = (await runs(id)).filter((run) => run.status === "queued");
    expect(waiting.length).toBeLessThanOrEqual(1);
    if ((await row(id)).state === "paused") expect(waiting).toEqual([]);
  });
});

describe("E05 a machine whose clock is ten minutes off", () => {
  afterEach(() => vi.useRealTimers());

  test.each([-600, 600])("plans syncs by the database's clock (%i s)", async (offset) => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + offset * 1_000 });
    const due = async (id: string) => {
      const [found] = await prisma().$queryRaw<{ seconds: number }[]>`
        select extract(epoch from next_sync_at - now())::float8 as seconds from connections where id = ${id}`;
      return found?.seconds;
    };
    const { id } = await create({ intervalSeconds: 3_600 });
    expect(Math.abs(((await due(id)) ?? 0) - 3_600)).toBeLessThan(60);
    await updateConnection(principal(), id, { intervalSeconds: 7_200 });
    expect(Math.abs(((await due(id)) ?? 0) - 7_200)).toBeLessThan(60);
    await pauseConnection(principal(), id);
    await resumeConnection(principal(), id);
    expect(Math.abs(((await due(id)) ?? 0) - 7_200)).toBeLessThan(60);
    const [canceled] = await runs(id);
    expect(Math.abs((canceled?.completedAt?.getTime() ?? 0) - (canceled?.queuedAt.getTime() ?? 0))).toBeLessThan(
      60_000,
    );
  });
});

describe("removing", () => {
  test("connection and documents are gone from every view at once; undo brings all of it back", async () => {
    const { id } = await create({ containerTags: ["a"] });
    const [documentId = ""] = await addDocuments(api.acme, id, ["a.md", "b.md"], { containerTags: ["a"] });
    const removed = await deleteConnection(principal(), id, { deleteDocuments: true });
    expect(removed).toEqual({ id, provider: "s3", undoUntil: expect.any(String) });
    await expect(getConnection(principal(), id)).rejects.toMatchObject({ code: "not_found" });
    expect(await listConnections(principal())).toEqual([]);
    expect((await browseDocuments(principal(), {})).items).toEqual([]);
    expect(await countDocuments(principal(), { containerTags: ["a"] })).toBe(0);
    await expect(getDocument(principal(), documentId)).rejects.toMatchObject({ code: "not_found" });
    await finishDeletions(new AbortController().signal);
    const restored = await restoreConnection(principal(), id);
    expect(restored).toMatchObject({ id, state: "active", containerTags: ["a"], deleteAfter: null });
    expect(restored.secrets.map((secret) => secret.set)).toEqual([true, true]);
    expect(await countDocuments(principal(), {})).toBe(2);
    await expect(restoreConnection(principal(), id)).rejects.toMatchObject({ code: "not_found" });
  });

  test("what was paused comes back paused", async () => {
    const { id } = await create();
    await pauseConnection(principal(), id);
    await deleteConnection(principal(), id, { deleteDocuments: true });
    expect((await restoreConnection(principal(), id)).state).toBe("paused");
    expect((await runs(id)).map((run) => run.status)).toEqual(["canceled"]);
  });

  test("without an undo window it is final: secrets leave at once, rows in the background", async () => {
    const { id } = await create();
    await addDocuments(api.acme, id, ["a.md"]);
    await deleteConnection(principal(), id, { deleteDocuments: true, undoSeconds: 0 });
    expect((await row(id)).secrets).toBeNull();
    await expect(restoreConnection(principal(), id)).rejects.toMatchObject({ code: "not_found" });
    await finishDeletions(new AbortController().signal);
    expect(await prisma().connection.count()).toBe(0);
    expect(await prisma().document.count()).toBe(0);
  });

  test("documents that are kept stay visible all the time, and belong to nobody's sync afterwards", async () => {
    const { id } = await create();
    const [documentId = ""] = await addDocuments(api.acme, id, ["a.md"]);
    await deleteConnection(principal(), id, { deleteDocuments: false, undoSeconds: 0 });
    expect((await getDocument(principal(), documentId)).content).toBe("# a.md");
    await finishDeletions(new AbortController().signal);
    expect(await getDocument(principal(), documentId)).toMatchObject({ content: "# a.md", connectionId: null });
  });

  test("A24 a run under way loses its right to write in the moment of removal", async () => {
    const { id } = await create();
    await prisma().syncRun.updateMany({ data: { status: "running", startedAt: new Date(), heartbeatAt: new Date() } });
    const { fence } = await row(id);
    await deleteConnection(principal(), id, { deleteDocuments: true, undoSeconds: 0 });
    expect((await row(id)).fence).toBeGreaterThan(fence);
    expect((await runs(id)).map((run) => run.status)).toEqual(["canceled"]);
    await expect(deleteConnection(principal(), id, { deleteDocuments: true })).rejects.toMatchObject({
      code: "not_found",
    });
  });

  test("of two removals at once one wins", async () => {
    const { id } = await create();
    const both = await Promise.allSettled(
      Array.from({ length: 5 }, () => deleteConnection(principal(), id, { deleteDocuments: true })),
    );
    expect(both.filter((one) => one.status === "fulfilled")).toHaveLength(1);
    expect(await prisma().auditEvent.count({ where: { action: "connection.delete" } })).toBe(1);
  });
});

describe("forms", () => {
  test("a provider describes its fields, which are required and which secret", async () => {
    await create();
    const [provider] = await listProviders(principal());
    expect(provider).toEqual(await getProvider(principal(), "s3"));
    expect(provider).toMatchObject({ id: "s3", connections: 1, previewsTags: true, defaultIntervalSeconds: 14_400 });
    expect(provider?.fields).toEqual([
      expect.objectContaining({
        name: "accessKeyId",
        label: "Access key",
        kind: "secret",
        secret: true,
        required: true,
      }),
      expect.objectContaining({ name: "secretAccessKey", kind: "secret", secret: true, required: true }),
      expect.objectContaining({ name: "bucket", kind: "text", help: "Its name alone", required: true }),
      expect.objectContaining({ name: "region", required: false, default: "auto" }),
      expect.objectContaining({ name: "prefix", required: false, default: null }),
    ]);
    await expect(getProvider(principal(), "notion")).rejects.toMatchObject({ code: "not_found" });
  });

  test("testing answers with the account and a taste, or with the cause, the fix and the field", async () => {
    expect(await testConnection(principal(), { provider: "s3", settings: { ...settings, region: "auto" } })).toEqual({
      ok: true,
      account: { id: "stub/docs", label: "docs (stub)", email: null },
      sample: [{ id: "a.md", title: "a.md", bytes: 3, tags: null }],
      corrected: { region: "eu-central-1" },
    });
    api.source.refuse = "reauth";
    expect(await testConnection(principal(), { provider: "s3", settings })).toEqual({
      ok: false,
      kind: "reauth",
      message: "Refused: reauth.",
      fix: "Mend it.",
      field: "metadata.bucket",
      problems: [],
    });
    const invalid = await testConnection(principal(), { provider: "s3", settings: { bucket: "b" } });
    expect(invalid).toMatchObject({ ok: false, kind: "invalid", field: "metadata.accessKeyId" });
    expect(invalid.ok ? [] : invalid.problems.map((problem) => problem.path)).toEqual([
      "metadata.accessKeyId",
      "metadata.secretAccessKey",
    ]);
    expect(await prisma().connection.count()).toBe(0);
  });

  test("testing while editing uses the stored secrets for those left out", async () => {
    const { id } = await create();
    const result = await testConnection(principal(), {
      provider: "s3",
      settings: { bucket: "docs", region: "eu-central-1" },
      connectionId: id,
    });
    expect(result.ok).toBe(true);
    expect(api.source.last).toMatchObject({ secretAccessKey: settings.secretAccessKey });
  });

  test("the tag preview says which tags ids get and which are not stored", async () => {
    const preview = await previewTags(principal(), {
      provider: "s3",
      settings,
      ids: ["users/ada/a.md", "readme.md", "folder/"],
      containerTags: ["team"],
    });
    expect(preview).toEqual([
      { id: "users/ada/a.md", tags: ["ada"], why: null },
      { id: "readme.md", tags: ["team"], why: null },
      { id: "folder/", tags: null, why: "a folder" },
    ]);
    expect(await previewTags(principal(), { provider: "s3", settings: {}, ids: ["a"] })).toEqual([]);
  });

  test("a source that never answers is cut off", async () => {
    const { connector, source } = stubConnector();
    source.before = () => new Promise(() => {});
    expect(await checkSettings(connector, settings, { timeoutMs: 50 })).toMatchObject({
      ok: false,
      refusal: { kind: "transient", message: "The source did not answer in time." },
    });
  });
});
