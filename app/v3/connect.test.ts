import { BadRequestError, NotFoundError } from "supermemory";
import { expect, test } from "vitest";
import { prisma } from "#lib/db/client.ts";
import { setEnvForTests } from "#lib/env.ts";
import { diagnose } from "#lib/oauth/doctor.ts";
import { connectRig } from "#lib/testing/connect-rig.ts";

/** The official client as the embedding application. */
const rig = connectRig();
const redirectUrl = "https://app.example.com/done?tab=2&connectionId=forged#top";

const flows = () => prisma().connectFlow.findMany();

test("an end user goes from authLink to redirectUrl, and the first sync waits for a worker", async () => {
  await rig.trust("https://app.example.com");
  const created = await rig.client.connections.create("google-drive", {
    containerTags: ["user_1", "team"],
    documentLimit: 50,
    metadata: { folder: "Reports", plan: "pro" },
    redirectUrl,
  });
  expect(created).toEqual({
    id: expect.stringMatching(/^[0-9A-Za-z]{22}$/),
    authLink: expect.stringContaining(rig.provider.origin),
    expiresIn: "10 minutes",
    redirectsTo: redirectUrl,
  });
  // nothing exists before the person has consented
  expect(await rig.client.connections.list({ containerTags: [] })).toEqual([]);
  await expect(rig.client.connections.getByID(created.id)).rejects.toBeInstanceOf(NotFoundError);

  const browser = rig.browser();
  const back = await browser.open(await browser.consent(created.authLink));
  expect(back.status).toBe(303);
  expect(back.location).toBe(`https://app.example.com/done?tab=2&connectionId=${created.id}&provider=google-drive#top`);
  expect(back.headers.get("referrer-policy")).toBe("no-referrer");
  expect(back.headers.get("cache-control")).toBe("no-store");

  const connection = await rig.client.connections.getByID(created.id);
  expect(connection).toMatchObject({
    id: created.id,
    provider: "google-drive",
    email: "ada@example.com",
    documentLimit: 50,
    containerTags: ["user_1", "team"],
    metadata: { folder: "Reports", plan: "pro", syncInProgress: true },
    status: "queued",
  });
  expect(await prisma().syncRun.count({ where: { connectionId: created.id, status: "queued" } })).toBe(1);
  const row = await prisma().connection.findUniqueOrThrow({ where: { id: created.id } });
  expect(row).toMatchObject({ accountId: "ada", accountLabel: "ada@example.com", redirectUrl });
  expect(row.nextSyncAt?.getTime()).toBeGreaterThan(Date.now());
  expect(await prisma().grant.findUniqueOrThrow({ where: { id: row.grantId ?? "" } })).toMatchObject({
    provider: "google-drive",
    clientId: "client",
    accountId: "ada",
  });
  const audit = await prisma().auditEvent.findMany({ orderBy: { id: "asc" } });
  expect(audit.map(({ action, actor, target }) => [action, actor, target])).toEqual([
    ["connection.authorize", `key:${rig.acme.principal.keyId}`, `connection:${created.id}`],
    ["connection.create", `key:${rig.acme.principal.keyId}`, `connection:${created.id}`],
  ]);
});

test("the first account that comes back proves the redirect URI to the set-up doctor", async () => {
  await rig.trust("https://app.example.com");
  const redirect = async () =>
    (await diagnose(rig.acme.principal, "google-drive", null)).find(({ id }) => id === "redirect")?.state;
  const { authLink } = await rig.client.connections.create("google-drive", { redirectUrl });
  expect(await redirect()).toBe("unknown");
  const browser = rig.browser();
  await browser.open(await browser.consent(authLink));
  expect(await redirect()).toBe("ok");
});

test("the link asks for exactly what the provider needs, with a fresh challenge each time", async () => {
  const [one, two] = await Promise.all([
    rig.client.connections.create("google-drive", {}),
    rig.client.connections.create("google-drive", {}),
  ]);
  const [first, second] = [new URL(one.authLink), new URL(two.authLink)];
  expect(Object.fromEntries(first.searchParams)).toEqual({
    response_type: "code",
    client_id: "client",
    redirect_uri: "http://localhost:3000/v3/connections/auth/callback/google-drive",
    scope: "files.read email",
    access_type: "offline",
    state: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
    code_challenge: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
    code_challenge_method: "S256",
  });
  expect(first.searchParams.get("state")).not.toBe(second.searchParams.get("state"));
  expect(first.searchParams.get("code_challenge")).not.toBe(second.searchParams.get("code_challenge"));
  expect(one).not.toHaveProperty("redirectsTo");
});

test("neither the state nor the verifier can be read in the database, the kept reply included", async () => {
  const { authLink } = await rig.client.connections.create("google-drive", {});
  const state = new URL(authLink).searchParams.get("state") ?? "";
  const [flow] = await flows();
  const kept = await prisma().idempotencyKey.findMany({});
  expect(kept.some(({ body }) => body !== null)).toBe(true);
  const stored = JSON.stringify([flow, kept], (_, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString("base64url") : value,
  );
  expect(stored).not.toContain(state);
  expect(flow?.verifier).toMatch(/^v1\.test\./);
});

test("the same Idempotency-Key gives the same link and one flow", async () => {
  const create = () =>
    rig.client.connections.create("google-drive", { containerTags: ["a"] }, { headers: { "Idempotency-Key": "k1" } });
  const [first, ...others] = await Promise.all([create(), create(), create()]);
  for (const other of others) expect(other).toEqual(first);
  expect(await flows()).toHaveLength(1);
});

test("a provider that nobody has set up says who has to do what, and where", async () => {
  setEnvForTests({ GOOGLE_CLIENT_ID: undefined });
  try {
    const refused = rig.client.connections.create("google-drive", {});
    await expect(refused).rejects.toBeInstanceOf(BadRequestError);
    await expect(refused).rejects.toMatchObject({
      error: {
        error: "Stub Drive is not set up on this server yet.",
        details: expect.stringMatching(
          /owner.*http:\/\/localhost:3000\/settings\/oauth\/google-drive.*GOOGLE_CLIENT_ID/,
        ),
      },
    });
  } finally {
    setEnvForTests({ GOOGLE_CLIENT_ID: "client" });
  }
  expect(await flows()).toEqual([]);
});

test("an own app whose secret does not open says so, and whose turn it is", async () => {
  const { organizationId } = rig.acme;
  await prisma().oAuthApp.create({
    data: { organizationId, provider: "google-drive", clientId: "own", clientSecret: "v1.gone.n.c.t" },
  });
  try {
    await expect(rig.client.connections.create("google-drive", {})).rejects.toMatchObject({
      status: 400,
      error: { error: expect.stringContaining("cannot be opened"), details: expect.stringContaining("Settings") },
    });
  } finally {
    await prisma().oAuthApp.deleteMany({});
  }
  expect(await flows()).toEqual([]);
});

test("wrong tags, limits, settings and addresses are refused before anybody is sent anywhere (A21)", async () => {
  const bad: Record<string, unknown>[] = [
    { containerTags: ["two words"] },
    { documentLimit: 0 },
    { metadata: { folder: 7 } },
    { metadata: { foldr: "x" } },
    ...[
      "javascript:alert(1)",
      "data:text/html,x",
      "//evil.example",
      "https:evil.example",
      "https://a@evil.example",
    ].map((address) => ({ redirectUrl: address })),
    { redirectUrl: "http://app.example.com/" },
    { redirectUrl: "https://app.example.com\\@evil.example" },
  ];
  for (const body of bad)
    await expect(rig.client.connections.create("google-drive", body)).rejects.toBeInstanceOf(BadRequestError);
  expect(await flows()).toEqual([]);
});

test.each([
  ["1", "1 second"],
  ["90", "90 seconds"],
  ["60", "1 minute"],
  ["3600", "1 hour"],
])("with OAUTH_STATE_TTL_S=%s expiresIn says %s", async (seconds, words) => {
  setEnvForTests({ OAUTH_STATE_TTL_S: seconds });
  try {
    expect((await rig.client.connections.create("google-drive", {})).expiresIn).toBe(words);
  } finally {
    setEnvForTests({ OAUTH_STATE_TTL_S: undefined });
  }
});
