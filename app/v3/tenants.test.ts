import { beforeAll, describe, expect, test } from "vitest";
import { applyHeldDeletions, listRuns } from "#lib/runs/service.ts";
import { listAudit } from "#lib/audit/service.ts";
import * as connections from "#lib/connections/service.ts";
import { operations } from "#lib/contract/operations.ts";
import type { Operation } from "#lib/contract/operation.ts";
import { prisma } from "#lib/db/client.ts";
import * as documents from "#lib/documents/service.ts";
import { browseKeys, createKey, revokeKey, rotateKey, updateKey } from "#lib/keys/service.ts";
import { stubSettings, testApi } from "#lib/testing/api.ts";
import { addDocuments } from "#lib/testing/documents.ts";

const api = testApi();
const nobody = "0000000000000000000000";
let theirs: { connectionId: string; documentId: string };

beforeAll(async () => {
  const connectionId = await api.connect({ containerTags: ["secret"] }, api.globex);
  const [documentId = ""] = await addDocuments(api.globex, connectionId, ["theirs.md"], { containerTags: ["secret"] });
  theirs = { connectionId, documentId };
});

const bodies: Readonly<Record<string, unknown>> = {
  configureConnection: { resources: [] },
  updateConnection: { name: "mine now" },
};

function pathOf(operation: Operation, id: { readonly connectionId: string; readonly documentId: string }): string {
  return operation.path
    .replace("{connectionId}", encodeURIComponent(id.connectionId))
    .replace("{documentId}", encodeURIComponent(id.documentId));
}

const mine = () => api.acme.principal;
const absent = { code: "not_found" };
const withId = operations.filter((o) => /\{(?:connectionId|documentId)\}/.test(o.path));

describe("T01 A19 an id of somebody else, a random one, and what is no id get the same 404, byte for byte", () => {
  test.each(withId.map((operation) => [operation.id, operation] as const))("%s", async (id, operation) => {
    const spellings = [nobody, "1e2", " ", `${nobody} `, "x".repeat(500), "'; drop table connections --"];
    const ids = [
      theirs,
      { connectionId: theirs.connectionId.toLowerCase(), documentId: theirs.documentId.toUpperCase() },
      { connectionId: `${theirs.connectionId} `, documentId: ` ${theirs.documentId}` },
      ...spellings.map((text) => ({ connectionId: text, documentId: text })),
    ];
    const seen = new Set<string>();
    for (const one of ids) {
      const reply = await api.send(operation.method, pathOf(operation, one), bodies[id]);
      const headers = [...reply.headers].filter(([name]) => !["date", "x-request-id"].includes(name));
      seen.add(JSON.stringify([reply.status, headers, await reply.text()]));
    }
    expect([...seen]).toHaveLength(1);
    expect([...seen][0]).toMatch(/^\[404,/);
  });

  test("a deleted connection is as absent as one that never was", async () => {
    const id = await api.connect();
    await api.send("DELETE", `/v3/connections/${id}`);
    const [gone, never] = await Promise.all(
      [id, nobody].map(async (each) => {
        const reply = await api.send("GET", `/v3/connections/${each}`);
        return [reply.status, await reply.text()];
      }),
    );
    expect(gone).toEqual(never);
  });
});

test("lists, filters and imports never reach into another organization", async () => {
  const post = async (path: string, body: unknown) => (await api.send("POST", path, body)).text();
  expect(await post("/v3/connections/list", { containerTags: ["secret"] })).toBe("[]");
  expect(await post("/v3/connections/s3/documents", {})).toBe("[]");
  expect(await post("/v3/connections/s3/import", { containerTags: ["secret"] })).toBe("No connections to import.");
  expect(JSON.parse(await post("/v3/documents/list", { connectionId: theirs.connectionId }))).toMatchObject({
    memories: [],
    pagination: { totalItems: 0 },
  });
  expect((await api.send("POST", "/v3/connections/s3/connection", { containerTags: ["secret"] })).status).toBe(404);
  expect((await api.send("DELETE", "/v3/connections/s3", { containerTags: ["secret"] })).status).toBe(404);
  expect(await prisma().connection.count({ where: { id: theirs.connectionId, state: "active" } })).toBe(1);
});

describe("every verb of the services stays inside the caller's organization", () => {
  test.each([
    ["getConnection", () => connections.getConnection(mine(), theirs.connectionId)],
    ["updateConnection", () => connections.updateConnection(mine(), theirs.connectionId, { name: "x" })],
    ["pauseConnection", () => connections.pauseConnection(mine(), theirs.connectionId)],
    ["resumeConnection", () => connections.resumeConnection(mine(), theirs.connectionId)],
    ["requestSync", () => connections.requestSync(mine(), theirs.connectionId)],
    ["deleteConnection", () => connections.deleteConnection(mine(), theirs.connectionId, { deleteDocuments: true })],
    ["restoreConnection", () => connections.restoreConnection(mine(), theirs.connectionId)],
    ["getConnectionByTags", () => connections.getConnectionByTags(mine(), "s3", ["secret"])],
    [
      "testConnection with stored secrets",
      () => connections.testConnection(mine(), { provider: "s3", settings: {}, connectionId: theirs.connectionId }),
    ],
    [
      "previewTags with stored secrets",
      () =>
        connections.previewTags(mine(), {
          provider: "s3",
          settings: {},
          ids: ["a"],
          connectionId: theirs.connectionId,
        }),
    ],
    ["getDocument", () => documents.getDocument(mine(), theirs.documentId)],
    ["applyHeldDeletions", () => applyHeldDeletions(mine(), theirs.connectionId)],
  ] as const)("%s finds nothing", async (_name, call) => {
    const before = await prisma().connection.findUniqueOrThrow({ where: { id: theirs.connectionId } });
    await expect(call()).rejects.toMatchObject(absent);
    expect(await prisma().connection.findUniqueOrThrow({ where: { id: theirs.connectionId } })).toEqual(before);
  });

  test("lists and counts see the caller's own alone", async () => {
    expect(await connections.listConnections(mine(), { containerTags: ["secret"] })).toEqual([]);
    expect((await documents.browseDocuments(mine(), {})).items).toEqual([]);
    expect((await documents.browseDocuments(mine(), { connectionId: theirs.connectionId })).items).toEqual([]);
    expect(await documents.countDocuments(mine(), { containerTags: ["secret"] })).toBe(0);
    expect((await listRuns(mine(), { connectionId: theirs.connectionId })).items).toEqual([]);
    const audited = await listAudit(mine(), { target: `connection:${theirs.connectionId}` });
    expect(audited.items).toEqual([]);
    const [s3] = await connections.listProviders(api.globex.principal);
    expect(s3?.connections).toBe(1);
  });

  test("keys are listed, changed and revoked by their own organization only", async () => {
    const { view } = await createKey(api.globex.principal, { name: "theirs" });
    await expect(revokeKey(mine(), view.id)).rejects.toMatchObject(absent);
    await expect(rotateKey(mine(), view.id, { graceSeconds: 0 })).rejects.toMatchObject(absent);
    await expect(updateKey(mine(), view.id, { name: "mine" })).rejects.toMatchObject(absent);
    expect((await browseKeys(mine())).items.map((key) => key.id)).not.toContain(view.id);
    expect((await browseKeys(api.globex.principal)).items.find((key) => key.id === view.id)).toEqual(view);
  });

  test("viewers look, and change nothing", async () => {
    const viewer = {
      kind: "user",
      organizationId: api.acme.organizationId,
      userId: nobody,
      email: "v@example.com",
      role: "viewer",
    } as const;
    const id = await api.connect();
    expect((await connections.getConnection(viewer, id)).id).toBe(id);
    const acts = [
      () => connections.createConnection(viewer, { provider: "s3", settings: stubSettings }),
      () => connections.updateConnection(viewer, id, { name: "x" }),
      () => connections.pauseConnection(viewer, id),
      () => connections.resumeConnection(viewer, id),
      () => connections.requestSync(viewer, id),
      () => connections.importProvider(viewer, "s3", []),
      () => connections.deleteConnection(viewer, id, { deleteDocuments: false }),
      () => connections.restoreConnection(viewer, id),
      () => connections.testConnection(viewer, { provider: "s3", settings: stubSettings }),
      () => createKey(viewer, { name: "x" }),
      () => revokeKey(viewer, nobody),
    ];
    for (const act of acts) await expect(act()).rejects.toMatchObject({ code: "forbidden" });
  });
});
