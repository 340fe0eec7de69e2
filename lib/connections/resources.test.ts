import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { defineConnector, Failure, type Connector, type FailureKind, type Resource } from "#lib/connectors/types.ts";
import { newId } from "#lib/contract/ids.ts";
import type { Principal } from "#lib/contract/principal.ts";
import { prisma } from "#lib/db/client.ts";
import { enqueueDue } from "#lib/sync/schedule.ts";
import { testApi } from "#lib/testing/api.ts";
import { stubConnector } from "#lib/testing/stub-connector.ts";
import { useConnectors } from "./registry.ts";
import {
  chooseResources,
  deleteConnection,
  getConnection,
  importProvider,
  listResources,
  listResourcesByNumber,
  pauseConnection,
  requestSync,
  restoreConnection,
  resumeConnection,
  updateConnection,
} from "./service.ts";

const api = testApi();
const principal = (): Principal => api.acme.principal;

const chosen = z.object({ id: z.string(), name: z.string(), kind: z.enum(["folder", "file", "drive"]) });
const config = z.object({
  scope: z.enum(["selected", "full"]).default("selected"),
  picked: z.array(chosen).default([]),
});

/** A drive with a folder of 25 files behind a top of 120, cut into pages of ten. */
const drive = {
  refuse: undefined as FailureKind | undefined,
  /** so many places at the beginning are empty */
  gap: 0,
  asked: [] as { parent: string | null; search: string | null; page: string | null }[],
  items(parent: string | null, search: string | null): readonly Resource[] {
    if (search !== null)
      return [{ id: "found", name: `About ${search}`, kind: "file", opens: false, path: "My drive / A" }];
    if (parent === "full-of-files")
      return Array.from({ length: 25 }, (_, i) => ({ id: `file-${i}`, name: `${i}.md`, kind: "file", opens: false }));
    return Array.from({ length: 120 }, (_, i) =>
      i === 0
        ? { id: "full-of-files", name: "Files", kind: "folder", opens: true }
        : { id: `top-${i}`, name: `Top ${i}`, kind: "file", opens: false, updatedAt: new Date(i) },
    );
  },
};

const pageSize = 10;

function driveConnector(): Connector {
  const { connector } = stubConnector();
  return defineConnector({
    ...(connector as unknown as Connector<z.infer<typeof config>>),
    id: "google-drive",
    name: "Test drive",
    auth: { kind: "none" },
    config,
    settings: ["scope", "picked"],
    secrets: [],
    rescan: ["scope", "picked"],
    fields: {},
    check: () => Promise.resolve({ id: "ada", label: "Ada", sample: [] }),
    resources: {
      setting: "picked",
      alongside: { scope: "selected" },
      needed: ({ scope, picked }) => scope === "selected" && picked.length === 0,
      list: async (_ctx, query) => {
        drive.asked.push(query);
        if (drive.refuse) throw new Failure(drive.refuse, "No.", { fix: "Mend it." });
        const start = Number(query.page ?? 0);
        const all = [...Array<null>(drive.gap).fill(null), ...drive.items(query.parent, query.search)];
        const next = start + pageSize;
        const resources = all.slice(start, next).filter((one) => one !== null);
        return { resources, next: next < all.length ? String(next) : null };
      },
    },
  });
}

beforeAll(() => {
  useConnectors([driveConnector(), stubConnector().connector]);
});

beforeEach(async () => {
  drive.refuse = undefined;
  drive.asked = [];
  await prisma().connection.deleteMany({});
});

/** As the end of a connect flow leaves it: connected, and not scheduled while nothing is chosen. */
async function connected(more: Record<string, unknown> = {}): Promise<string> {
  const { id } = await prisma().connection.create({
    data: {
      id: newId(),
      organizationId: principal().organizationId,
      provider: "google-drive",
      config: { scope: "selected", picked: [] },
      containerTags: [],
      ...more,
    },
  });
  return id;
}

const row = (id: string) => prisma().connection.findUniqueOrThrow({ where: { id } });
const queued = (connectionId: string) => prisma().syncRun.count({ where: { connectionId, status: "queued" } });
const folder = { id: "full-of-files", name: "Files", kind: "folder" } as const;
const file = (i: number) => ({ id: `file-${i}`, name: `${i}.md`, kind: "file" }) as const;

describe("what there is", () => {
  test("comes in pages as the provider cuts them, folder by folder", async () => {
    const id = await connected();
    const top = await listResources(principal(), id);
    expect(top.resources).toHaveLength(pageSize);
    expect(top.resources[1]).toEqual({
      id: "top-1",
      name: "Top 1",
      kind: "file",
      path: null,
      mime: null,
      updatedAt: "1970-01-01T00:00:00.001Z",
      opens: false,
    });
    const second = await listResources(principal(), id, { page: top.next });
    expect(second.resources[0]?.id).toBe("top-10");
    const inside = await listResources(principal(), id, { parent: "full-of-files" });
    expect(inside.resources.map((each) => each.id)).toContain("file-3");
    expect((await listResources(principal(), id, { search: " plans " })).resources[0]?.name).toBe("About plans");
    expect(drive.asked.map((query) => query.search)).toEqual([null, null, null, "plans"]);
  });

  test("skips the empty pages a provider may answer before the last one", async () => {
    const all = drive.items;
    drive.items = (parent, search) => all(parent, search).filter((_, i) => i >= 50);
    drive.gap = 40;
    try {
      const page = await listResources(principal(), await connected());
      expect([page.resources.length, page.resources[0]?.id, drive.asked.length]).toEqual([10, "top-50", 5]);
    } finally {
      drive.items = all;
      drive.gap = 0;
    }
  });

  test("goes on only from where this very list ended: a made-up, foreign or moved token reaches no provider", async () => {
    const [id, other] = [await connected(), await connected()];
    const { next } = await listResources(principal(), id);
    expect(next).not.toContain("10");
    drive.asked = [];
    for (const [connection, query] of [
      [id, { page: "https://evil.example/steal" }],
      [id, { page: "10" }],
      [other, { page: next }],
      [id, { parent: "full-of-files", page: next }],
      [id, { search: "x", page: next }],
      [id, { page: `${next}A` }],
    ] as const)
      await expect(listResources(principal(), connection, query)).rejects.toMatchObject({ status: 400 });
    expect(drive.asked).toEqual([]);
  });

  test("a numbered page of any size is exactly that part of the list, and says the total once the end is known", async () => {
    const id = await connected();
    const page = (number: number, size: number, parent?: string) =>
      listResourcesByNumber(principal(), id, { number, size, ...(parent ? { parent } : {}) });
    const names = Array.from({ length: 120 }, (_, i) => (i === 0 ? "full-of-files" : `top-${i}`));
    for (const [number, size] of [
      [1, 30],
      [2, 30],
      [4, 30],
      [3, 7],
      [1, 10],
      [2, 60],
    ] as const) {
      const { resources, total, next } = await page(number, size);
      expect(resources.map((each) => each.id)).toEqual(names.slice((number - 1) * size, number * size));
      const last = number * size >= names.length;
      expect([total, next === null]).toEqual([last ? 120 : null, last]);
    }
    expect(await page(5, 30)).toEqual({ resources: [], next: null, total: 120 });
    expect(await page(1, 200, "full-of-files")).toMatchObject({ total: 25, next: null });
  });

  test("following the token reads everything once, whatever the size", async () => {
    const id = await connected();
    const seen: string[] = [];
    let after: string | null = null;
    do {
      const page = await listResourcesByNumber(principal(), id, { number: 1, size: 7, after });
      seen.push(...page.resources.map((each) => each.id));
      after = page.next;
    } while (after !== null);
    expect([seen.length, new Set(seen).size]).toEqual([120, 120]);
  });

  test("a number too far from the start is refused with the way to get there, not looked for without end", async () => {
    const all = drive.items;
    drive.items = () =>
      Array.from({ length: 5_000 }, (_, i) => ({ id: `${i}`, name: "x", kind: "file", opens: false }));
    try {
      await expect(
        listResourcesByNumber(principal(), await connected(), { number: 100, size: 30 }),
      ).rejects.toMatchObject({ status: 400, details: expect.stringContaining("page_token") });
      expect(drive.asked).toHaveLength(20);
    } finally {
      drive.items = all;
    }
  });

  test("a dead grant is the connection's trouble, not the caller's key: 400, and an outage 502", async () => {
    const id = await connected();
    drive.refuse = "reauth";
    await expect(listResources(principal(), id)).rejects.toMatchObject({ status: 400, details: "Mend it." });
    drive.refuse = "transient";
    await expect(listResources(principal(), id)).rejects.toMatchObject({ status: 502 });
  });

  test("is not for viewers, and not for anybody else", async () => {
    const id = await connected();
    const viewer: Principal = { ...principal(), kind: "user", userId: "u", email: "v@example.com", role: "viewer" };
    for (const call of [
      (who: Principal) => listResources(who, id),
      (who: Principal) => listResourcesByNumber(who, id, { number: 1, size: 1 }),
      (who: Principal) => chooseResources(who, id, [folder]),
    ]) {
      await expect(call(viewer)).rejects.toMatchObject({ code: "forbidden" });
      await expect(call(api.globex.principal)).rejects.toMatchObject({ code: "not_found" });
    }
    expect(drive.asked).toEqual([]);
    expect(await queued(id)).toBe(0);
  });
});

describe("the choice", () => {
  test("is stored, schedules the connection, syncs at once, and is in the audit log", async () => {
    const id = await connected();
    expect(await getConnection(principal(), id)).toMatchObject({
      status: "needs_selection",
      selection: { setting: "picked", chosen: [], needed: true, required: true },
    });
    const view = await chooseResources(principal(), id, [folder, file(3)]);
    expect(view).toMatchObject({
      status: "queued",
      selection: { setting: "picked", chosen: [folder, file(3)], needed: false, required: true },
      settings: { picked: [folder, file(3)] },
    });
    const stored = await row(id);
    expect([stored.configVersion, stored.nextSyncAt !== null, await queued(id)]).toEqual([2, true, 1]);
    const [event] = await prisma().auditEvent.findMany({ where: { target: `connection:${id}` } });
    expect(event).toMatchObject({ action: "connection.choose", detail: { chosen: 2 } });
  });

  test("made again the same changes nothing; made differently it starts from a full listing", async () => {
    const id = await connected();
    await chooseResources(principal(), id, [folder]);
    const before = await row(id);
    await chooseResources(principal(), id, [folder]);
    expect(await row(id)).toEqual(before);
    await chooseResources(principal(), id, [file(1)]);
    const after = await row(id);
    expect([after.configVersion, after.nextSyncAt]).toEqual([3, before.nextSyncAt]);
    expect(await queued(id)).toBe(1);
  });

  test("merges what is named twice, and takes a file inside a chosen folder", async () => {
    const id = await connected();
    const view = await chooseResources(principal(), id, [folder, { ...folder, name: "Again" }, file(2)]);
    expect(view.selection?.chosen).toEqual([folder, file(2)]);
  });

  test.each([
    ["nothing at all", [], "resources"],
    ["more than 500", Array.from({ length: 501 }, (_, i) => file(i)), "resources"],
    ["an empty id", [{ ...folder, id: "" }], "resources.0.id"],
    ["an id of a megabyte", [{ ...folder, id: "x".repeat(1_000_000) }], "resources.0.id"],
    ["a NUL in an id", [folder, { ...folder, id: "a\0b" }], "resources.1.id"],
    ["an unknown kind", [{ ...folder, kind: "planet" as "folder" }], "resources.0.kind"],
    ["a NUL in a name", [{ ...folder, name: "a\0b" }], "resources.0.name"],
  ])("%s is refused and changes nothing", async (_name, choice, path) => {
    const id = await connected();
    const before = await row(id);
    await expect(chooseResources(principal(), id, choice)).rejects.toMatchObject({
      status: 400,
      fields: [expect.objectContaining({ path })],
    });
    expect(await row(id)).toEqual(before);
  });

  test("of 500 with one named twice is not one too many, and a long name is cut, not refused", async () => {
    const id = await connected();
    const many = [...Array.from({ length: 500 }, (_, i) => file(i)), file(7)];
    expect((await chooseResources(principal(), id, many)).selection?.chosen).toHaveLength(500);
    const view = await chooseResources(principal(), id, [{ ...folder, name: "n".repeat(5_000) }]);
    expect(view.selection?.chosen[0]?.name).toHaveLength(300);
  });

  test("brings the scope in which it counts with it; outside of that scope an old one is not shown as chosen", async () => {
    const id = await connected({ config: { scope: "full", picked: [folder] } });
    expect((await getConnection(principal(), id)).selection).toMatchObject({ chosen: [], needed: false });
    const view = await chooseResources(principal(), id, [folder]);
    expect(view).toMatchObject({ settings: { scope: "selected" }, selection: { chosen: [folder] } });
  });

  test("is kept while paused, and synced when resumed", async () => {
    const id = await connected({ state: "paused" });
    await chooseResources(principal(), id, [folder]);
    expect([(await row(id)).nextSyncAt, await queued(id)]).toEqual([null, 0]);
    await resumeConnection(principal(), id);
    expect([(await row(id)).nextSyncAt !== null, await queued(id)]).toEqual([true, 1]);
  });
});

describe("while nothing is chosen nothing is synced", () => {
  test("not by hand, not by import, not by the schedule, not by pausing and resuming, not by a change or an undo", async () => {
    const id = await connected();
    await expect(requestSync(principal(), id)).rejects.toMatchObject({ code: "conflict" });
    expect(await importProvider(principal(), "google-drive", [])).toEqual({ connections: 0, paused: 0, unchosen: 1 });
    await pauseConnection(principal(), id);
    await resumeConnection(principal(), id);
    await updateConnection(principal(), id, { containerTags: ["a"] });
    await updateConnection(principal(), id, { intervalSeconds: 600 });
    await deleteConnection(principal(), id, { deleteDocuments: true, undoSeconds: 60 });
    expect(await restoreConnection(principal(), id)).toMatchObject({ state: "active", status: "needs_selection" });
    await enqueueDue(new Map([["google-drive", 0]]));
    expect([(await row(id)).nextSyncAt, await prisma().syncRun.count({ where: { connectionId: id } })]).toEqual([
      null,
      0,
    ]);
  });

  test("back from the whole drive to a choice not made yet takes it off the schedule; the whole drive puts it back", async () => {
    const id = await connected();
    await updateConnection(principal(), id, { settings: { scope: "full" } });
    expect([(await row(id)).nextSyncAt !== null, await queued(id)]).toEqual([true, 1]);
    await updateConnection(principal(), id, { settings: { scope: "selected" } });
    expect((await row(id)).nextSyncAt).toBeNull();
  });
});

describe("over the API", () => {
  test("the official client pages, configures and gets the protocol's shapes", async () => {
    const id = await connected();
    const first = await api.client.connections.resources(id, { per_page: 2 });
    expect(first.resources).toEqual([
      { id: "full-of-files", name: "Files", kind: "folder", opens: true },
      { id: "top-1", name: "Top 1", kind: "file", updated_at: "1970-01-01T00:00:00.001Z", opens: false },
    ]);
    const second = await api.client.connections.resources(id, { page: 2, per_page: 2 });
    expect(second.resources.map((each) => each["id"])).toEqual(["top-2", "top-3"]);
    const token = encodeURIComponent((first as { next_page_token?: string }).next_page_token ?? "");
    const onward = await api.send("GET", `/v3/connections/${id}/resources?per_page=2&page_token=${token}`);
    expect(((await onward.json()) as typeof second).resources).toEqual(second.resources);
    const inside = await api.client.connections.resources(id, { per_page: 100, parent_id: "full-of-files" });
    expect(inside).toMatchObject({ total_count: 25 });
    expect(await api.client.connections.configure(id, { resources: first.resources })).toEqual({
      success: true,
      message: "Resources configured successfully",
    });
    expect((await getConnection(principal(), id)).selection?.chosen.map((each) => each.id)).toEqual([
      "full-of-files",
      "top-1",
    ]);
  });

  test.each([
    ["?page=0", "page"],
    ["?per_page=201", "per_page"],
    ["?page=1.5", "page"],
    ["?page_token=abc", "page_token"],
    [`?parent_id=${"x".repeat(1_025)}`, "parent_id"],
  ])("%s is a 400 that names it", async (query, field) => {
    const reply = await api.send("GET", `/v3/connections/${await connected()}/resources${query}`);
    expect([reply.status, ((await reply.json()) as { details: string }).details]).toEqual([
      400,
      expect.stringContaining(field),
    ]);
  });

  test.each([
    [{ resources: [] }, "resources"],
    [{ resources: [{}] }, "resources.0.id"],
    [{ resources: [{ id: { a: 1 }, kind: "file" }] }, "resources.0.id"],
    [{ resources: [{ id: 12 }] }, "resources.0.kind"],
    [{}, "resources"],
  ])("configuring with %j is a 400 that names what is wrong", async (body, field) => {
    const reply = await api.send("POST", `/v3/connections/${await connected()}/configure`, body);
    expect([reply.status, ((await reply.json()) as { details: string }).details]).toEqual([
      400,
      expect.stringContaining(field),
    ]);
  });

  test("import leaves out what waits for a choice, and says so", async () => {
    await connected();
    const reply = await api.send("POST", "/v3/connections/google-drive/import", {});
    expect(await reply.text()).toBe("No connections to import. 1 connection with nothing chosen yet.");
  });
});
