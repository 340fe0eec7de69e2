import { beforeAll, expect, test } from "vitest";
import { newId } from "#lib/contract/ids.ts";
import { prisma } from "#lib/db/client.ts";
import { createKey, updateKey } from "#lib/keys/service.ts";
import { testDatabase } from "#lib/testing/database.ts";
import { testOrganization, type TestOrganization } from "#lib/testing/organization.ts";
import { principalOf } from "./flow-actor.ts";

let acme: TestOrganization;
let globex: TestOrganization;

beforeAll(async () => {
  await testDatabase();
  [acme, globex] = [await testOrganization("Acme"), await testOrganization("Globex")];
});

async function member(role: "owner" | "admin" | "viewer"): Promise<string> {
  const id = newId();
  await prisma().user.create({
    data: {
      id,
      email: `${id}@example.com`,
      passwordHash: "x",
      memberships: { create: { organizationId: acme.organizationId, role } },
    },
  });
  return `user:${id}`;
}

async function link(createdBy: string): Promise<string> {
  const { organizationId } = acme;
  const [id, connectionId] = [newId(), newId()];
  await prisma().connection.create({ data: { id: connectionId, organizationId, provider: "google-drive" } });
  const hash = crypto.getRandomValues(new Uint8Array(32));
  await prisma().connectLink.create({
    data: { id, hash, organizationId, connectionId, createdBy, expiresAt: new Date(Date.now() + 60_000) },
  });
  return `link:${id}`;
}

test("keys, people and links act for their own organization alone", async () => {
  const key = `key:${acme.principal.keyId}`;
  for (const actor of [key, await member("admin"), await link(key), await link(await member("owner"))]) {
    expect(await principalOf(acme.organizationId, actor)).toMatchObject({ organizationId: acme.organizationId });
    expect(await principalOf(globex.organizationId, actor)).toBeNull();
  }
});

test("a link counts in the organization it was made for, whoever made it", async () => {
  const abroad = await link(`key:${globex.principal.keyId}`);
  for (const { organizationId } of [acme, globex]) expect(await principalOf(organizationId, abroad)).toBeNull();
});

test("who may only look, who was removed, and what is nobody may not go on", async () => {
  const person = await member("admin");
  const from = await link(person);
  await prisma().membership.deleteMany({ where: { userId: person.slice("user:".length) } });
  const viewer = await member("viewer");
  for (const actor of [viewer, await link(viewer), person, from, await link(from), "", "key:", "link:x", "system"])
    expect(await principalOf(acme.organizationId, actor)).toBeNull();
});

test("a key that was narrowed meanwhile, and links it made, may not go on", async () => {
  const { view } = await createKey(acme.principal, { name: "narrowed" });
  const actors = [`key:${view.id}`, await link(`key:${view.id}`)];
  for (const actor of actors) expect(await principalOf(acme.organizationId, actor)).not.toBeNull();
  await updateKey(acme.principal, view.id, { scopes: ["read", "write"] });
  for (const actor of actors) expect(await principalOf(acme.organizationId, actor)).toBeNull();
});
