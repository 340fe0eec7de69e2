import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { prisma } from "#lib/db/client.ts";
import { addDocument } from "#lib/documents/add.ts";
import { env } from "#lib/env.ts";
import { closeQueue } from "#lib/jobs/queue.ts";
import { createKey } from "#lib/keys/service.ts";
import type { UserPrincipal } from "#lib/server/session.ts";
import { testDatabase } from "#lib/testing/database.ts";
import { testOrganization, type TestOrganization } from "#lib/testing/organization.ts";
import * as documents from "./(console)/documents/actions.ts";
import * as keys from "./(console)/keys/actions.ts";
import { POST as upload } from "./api/console/documents/file/route.ts";

/** What people may do with documents and keys in the console, by their role. */

const session = vi.hoisted(() => ({ principal: null as UserPrincipal | null }));
vi.mock("next/headers", () => ({ headers: async () => new Headers({ origin: env().APP_URL }) }));
vi.mock("#lib/server/session.ts", async (original) => ({
  ...(await original<typeof import("#lib/server/session.ts")>()),
  currentPrincipal: async () => session.principal,
}));

let acme: TestOrganization;
const there = { documentId: "", keyId: "" };

beforeAll(async () => {
  await testDatabase();
  acme = await testOrganization();
  afterAll(closeQueue);
});

beforeEach(async () => {
  there.documentId = (await addDocument(acme.principal, { content: "# There" })).id;
  there.keyId = (await createKey(acme.principal, { name: "there" })).view.id;
});

const as = (role: UserPrincipal["role"]): void => {
  const { organizationId } = acme;
  session.principal = { kind: "user", organizationId, userId: "u", email: "ada@example.com", role };
};
const form = { name: "Bot", scopes: ["read" as const], rateMax: "", rateWindowMs: "60000" };
const acts: readonly (readonly [what: string, act: () => Promise<{ readonly ok: boolean }>])[] = [
  ["adds a document", () => documents.addFromConsole({ kind: "text", content: "# New", containerTags: [] })],
  ["deletes a document", () => documents.deleteFromConsole({ id: there.documentId })],
  ["makes the first key", () => keys.createFirstKey(null)],
  ["makes a key", () => keys.createApiKey({ ...form, containerTag: "", expiresInDays: "" })],
  ["changes a key", () => keys.updateApiKey({ id: there.keyId, patch: form })],
  ["rotates a key", () => keys.rotateApiKey({ id: there.keyId, grace: "0" })],
  ["revokes a key", () => keys.revokeApiKey({ id: there.keyId })],
  ["uploads a file", send],
];

async function send(): Promise<Response> {
  const body = new FormData();
  body.set("file", new File(["# A file"], "a.md", { type: "text/markdown" }));
  return upload(new Request(`${env().APP_URL}/api/console/documents/file`, { method: "POST", body }));
}

const everything = async () => ({
  documents: await prisma().document.findMany({ orderBy: { id: "asc" } }),
  keys: await prisma().apiKey.findMany({ orderBy: { id: "asc" } }),
  files: await prisma().file.count(),
  audit: await prisma().auditEvent.count(),
});

test.each(acts)("an owner or admin %s, and a viewer does not", async (_what, act) => {
  as("viewer");
  const before = await everything();
  const refused = await act();
  expect(refused.ok).toBe(false);
  const words = refused instanceof Response ? await refused.text() : JSON.stringify(refused);
  expect(words).toContain("You may look at this organization but not change it.");
  expect(await everything()).toEqual(before);
  as("admin");
  expect((await act()).ok).toBe(true);
  expect((await everything()).audit).toBe(before.audit + 1);
});

test("a viewer's upload is refused before any of it is read", async () => {
  as("viewer");
  const request = new Request(`${env().APP_URL}/api/console/documents/file`, { method: "POST", body: "no form" });
  expect((await upload(request)).status).toBe(403);
  expect(request.bodyUsed).toBe(false);
});

test("nobody uploads without a session", async () => {
  session.principal = null;
  const before = await everything();
  expect((await send()).status).toBe(401);
  expect(await everything()).toEqual(before);
});
