import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { prisma } from "#lib/db/client.ts";
import { hashKey } from "#lib/keys/hash.ts";
import { testDatabase } from "#lib/testing/database.ts";
import { testOrganization } from "#lib/testing/organization.ts";
import { authenticateUser, createOwner, organizationsOfUser, principalForUser, setupAllowed } from "./service.ts";

const input = { organization: "Acme & Söhne", email: "Ada@Example.com ", password: "correct horse battery" };

beforeAll(async () => {
  await testDatabase();
});

beforeEach(async () => {
  await prisma().membership.deleteMany({});
  await prisma().user.deleteMany({});
  await prisma().organization.deleteMany({});
  await prisma().auditEvent.deleteMany({});
  await prisma().setupToken.deleteMany({});
  await prisma().rateBucket.deleteMany({});
  await prisma().setupToken.create({ data: { hash: new Uint8Array(hashKey("token")) } });
});

describe("set-up", () => {
  test("the link makes one owner, and only once, however many follow it at the same moment", async () => {
    expect(await setupAllowed("token")).toBe(true);
    const attempts = await Promise.allSettled(
      ["a@example.com", "b@example.com", "c@example.com"].map((email) => createOwner("token", { ...input, email })),
    );
    expect(attempts.filter((one) => one.status === "fulfilled")).toHaveLength(1);
    expect(await setupAllowed("token")).toBe(false);
    expect([await prisma().user.count(), await prisma().organization.count()]).toEqual([1, 1]);
    await expect(createOwner("token", input)).rejects.toMatchObject({ code: "forbidden" });
  });

  test("a wrong or empty token makes nobody", async () => {
    for (const token of ["", "other", "token "]) {
      expect(await setupAllowed(token)).toBe(false);
      await expect(createOwner(token, input)).rejects.toMatchObject({ code: "forbidden" });
    }
  });

  test("what is wrong is named, and the link stays good", async () => {
    await expect(createOwner("token", { organization: " ", email: "ada", password: "short" })).rejects.toMatchObject({
      fields: [{ path: "organization" }, { path: "email" }, { path: "password" }],
    });
    const owner = await createOwner("token", input);
    expect(owner.email).toBe("ada@example.com");
    const [organization] = await organizationsOfUser(owner.userId);
    expect(organization).toMatchObject({
      name: "Acme & Söhne",
      role: "owner",
      slug: expect.stringMatching(/^acme-sohne-/),
    });
    const audit = await prisma().auditEvent.findMany({});
    expect(audit.map((event) => [event.actor, event.action])).toEqual([
      [`user:${owner.userId}`, "organization.create"],
    ]);
  });
});

describe("signing in", () => {
  test("needs the password of that very account; the case of the e-mail does not matter", async () => {
    const owner = await createOwner("token", input);
    expect(await authenticateUser("ADA@example.com", input.password)).toEqual(owner);
    for (const [email, password] of [
      ["ada@example.com", "wrong password"],
      ["bob@example.com", input.password],
      ["ada\0@example.com", input.password],
    ] as const)
      expect(await authenticateUser(email, password)).toBeNull();
  });

  test("an unknown e-mail costs the same work as a wrong password", async () => {
    await createOwner("token", input);
    await authenticateUser("warm@example.com", "up");
    const time = async (email: string) => {
      const start = performance.now();
      await authenticateUser(email, "wrong password");
      return performance.now() - start;
    };
    const known = [await time("ada@example.com"), await time("ada@example.com")];
    const unknown = [await time("bob@example.com"), await time("bob@example.com")];
    expect(Math.min(...unknown)).toBeGreaterThan(Math.min(...known) / 3);
    expect(Math.min(...known)).toBeGreaterThan(Math.min(...unknown) / 3);
  });

  test("guessing is stopped after ten tries, for that account alone; a success starts afresh", async () => {
    await createOwner("token", input);
    // Ten tries used up, as the bucket sees it.
    for (let i = 0; i < 3; i++) await authenticateUser("ada@example.com", "wrong password");
    await authenticateUser("ada@example.com", input.password);
    expect(await prisma().rateBucket.count()).toBe(0);
    await authenticateUser("ada@example.com", "wrong password");
    await prisma().rateBucket.updateMany({ data: { tokens: 0.5 } });
    await expect(authenticateUser("ada@example.com", input.password)).rejects.toMatchObject({
      code: "rate_limited",
      retryAfterSeconds: expect.any(Number),
    });
    expect(await authenticateUser("bob@example.com", "wrong password")).toBeNull();
    await prisma().$executeRaw`update rate_buckets set updated_at = now() - interval '1 minute'`;
    expect(await authenticateUser("ada@example.com", input.password)).not.toBeNull();
  });

  test("one address that tries many accounts is stopped, too", async () => {
    await authenticateUser("a@example.com", "x", { address: "203.0.113.7" });
    await prisma().rateBucket.updateMany({ where: { subject: "sign-in-from:203.0.113.7" }, data: { tokens: 0 } });
    await expect(authenticateUser("b@example.com", "x", { address: "203.0.113.7" })).rejects.toMatchObject({
      code: "rate_limited",
    });
    expect(await authenticateUser("b@example.com", "x", { address: "203.0.113.8" })).toBeNull();
    // Whoever has one IPv6 address has 2^64 of them.
    await authenticateUser("a@example.com", "x", { address: "2001:db8:1:2::1" });
    const { count } = await prisma().rateBucket.updateMany({
      where: { subject: "sign-in-from:2001:db8:1:2::/64" },
      data: { tokens: 0 },
    });
    expect(count).toBe(1);
    await expect(authenticateUser("b@example.com", "x", { address: "2001:0db8:1:2:3:4:5:6" })).rejects.toMatchObject({
      code: "rate_limited",
    });
    expect(await authenticateUser("b@example.com", "x", { address: "2001:db8:1:3::1" })).toBeNull();
  });
});

test("who is not a member any more is nobody at the next look", async () => {
  const owner = await createOwner("token", input);
  const principal = await principalForUser(owner.userId);
  expect(principal).toMatchObject({ kind: "user", role: "owner", email: "ada@example.com" });
  const other = await testOrganization("Other");
  expect(await principalForUser(owner.userId, other.organizationId)).toBeNull();
  await prisma().membership.deleteMany({});
  expect(await principalForUser(owner.userId)).toBeNull();
});
