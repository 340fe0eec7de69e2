import { readdir } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { prisma } from "#lib/db/client.ts";
import { env } from "#lib/env.ts";
import type { UserPrincipal } from "#lib/server/session.ts";
import { testDatabase } from "#lib/testing/database.ts";
import { testOrganization } from "#lib/testing/organization.ts";

/** Every server action of the console, as its files export them. */

const request = vi.hoisted(() => ({ headers: new Headers(), principal: null as UserPrincipal | null }));
vi.mock("next/headers", () => ({
  headers: async () => request.headers,
  cookies: async () => ({ get: () => undefined, set: () => {}, delete: () => {} }),
}));
vi.mock("#lib/server/session.ts", async (original) => ({
  ...(await original<typeof import("#lib/server/session.ts")>()),
  currentPrincipal: async () => request.principal,
}));

type Action = (input: unknown) => Promise<unknown>;
const app = import.meta.dirname;
const files = (await readdir(app, { recursive: true })).filter((file) => path.basename(file) === "actions.ts");
const actions = (
  await Promise.all(
    files.map(async (file) => {
      const exported: Record<string, Action> = await import(
        /* @vite-ignore */ pathToFileURL(path.join(app, file)).href
      );
      return Object.entries(exported).map(([name, action]) => ({
        name: `${name} of ${path.dirname(file)}`,
        action,
        file,
      }));
    }),
  )
).flat();
/** Those people use who are not signed in. */
const open = new Set(["connect/actions.ts", "(auth)/setup/actions.ts"]);
/** With an input that would do something if anything did. */
const inputs = [null, {}, { id: "aaaaaaaaaaaaaaaaaaaaaa", name: "x", email: "a@b.example", token: "t" }];
const forbidden = { digest: "NEXT_HTTP_ERROR_FALLBACK;403" };
let owner: UserPrincipal;

beforeAll(async () => {
  await testDatabase();
  const { organizationId } = await testOrganization();
  owner = { kind: "user", organizationId, userId: "u", email: "ada@example.com", role: "owner" };
});
beforeEach(() => {
  request.principal = owner;
  request.headers = new Headers({ origin: env().APP_URL });
});

const changes = async () =>
  Promise.all([
    prisma().auditEvent.count(),
    prisma().apiKey.count(),
    prisma().connection.count(),
    prisma().user.count(),
  ]);

test("there are actions in every part of the console", () => {
  for (const part of ["connections", "keys", "settings", "documents", "runs", "connect", "setup"])
    expect(files.some((file) => file.includes(part))).toBe(true);
  expect(actions.length).toBeGreaterThan(25);
});

describe.each(actions)("$name", ({ action, file }) => {
  test.each([
    ["no Origin", {}],
    ["a null Origin", { origin: "null" }],
    ["a foreign Origin", { origin: "https://evil.example" }],
    ["a foreign Origin and a forged host", { origin: "https://evil.example", "x-forwarded-host": "evil.example" }],
    ["an Origin that begins with ours", { origin: "http://localhost:3000.evil.example" }],
    ["ours on another port", { origin: "http://localhost:3001" }],
  ] as [string, Record<string, string>][])("with %s is a 403 and is not run (T03)", async (_name, headers) => {
    request.headers = new Headers(headers);
    const before = await changes();
    for (const input of inputs) await expect(action(input)).rejects.toMatchObject(forbidden);
    expect(await changes()).toEqual(before);
  });

  const people = open.has(file) ? [] : [null];
  test.each(people)("signed out is a 403 and is not run (T03)", async (nobody) => {
    request.principal = nobody;
    const before = await changes();
    for (const input of inputs) await expect(action(input)).rejects.toMatchObject(forbidden);
    expect(await changes()).toEqual(before);
  });

  test("from our own pages is answered in words, whatever it is given", async () => {
    for (const input of [undefined, 7, "x", [], { id: 5 }, { id: "x".repeat(1_000) }])
      expect(await action(input)).toMatchObject({ ok: false, error: expect.any(String) });
  });
});
