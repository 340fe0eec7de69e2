import { expect, test } from "vitest";
import { prisma } from "#lib/db/client.ts";
import { connectRig, pageToken } from "#lib/testing/connect-rig.ts";
import { beginFromLink, createReconnectLink, readReconnectLink } from "./links.ts";
import { newBrowser } from "./browser-cookie.ts";
import { readFlow } from "./flow-page.ts";

const rig = connectRig();
const app = "https://app.example.com/back";

async function linked(redirectUrl?: string) {
  await rig.trust("https://app.example.com");
  const { id, authLink } = await rig.client.connections.create("google-drive", { redirectUrl: app });
  const first = rig.browser();
  await first.open(await first.consent(authLink));
  await prisma().connection.update({ where: { id }, data: { failureKind: "reauth" } });
  const link = await createReconnectLink(rig.acme.principal, id, { redirectUrl });
  return { id, link, token: pageToken(link.url) };
}

test("a link works for seven days and says what it is for, before anything begins", async () => {
  const { link, token } = await linked(app);
  expect(link.url).toMatch(/^http:\/\/localhost:3000\/connect\/reconnect\/[\w-]{43}$/);
  const days = (Date.parse(link.expiresAt) - Date.now()) / 86_400_000;
  expect(days).toBeGreaterThan(6.99);
  expect(days).toBeLessThan(7.01);
  expect(await readReconnectLink(token)).toMatchObject({
    organization: "Acme",
    account: "ada@example.com",
    provider: { name: "Stub Drive" },
    destination: "app.example.com",
    connected: false,
  });
  const [stored] = await prisma().connectLink.findMany();
  expect(JSON.stringify(stored)).not.toContain(token);
});

test("its flow is bound to the browser that opened it, and ends with the connection's own account", async () => {
  const { id, token } = await linked(app);
  const browser = rig.browser();
  browser.cookies.set("tributary.connect", newBrowser());
  const { authLink } = await beginFromLink(token, browser.connect ?? "");
  const other = rig.browser();
  const { location } = await other.open(await other.consent(authLink));
  expect((await readFlow(pageToken(location), other.connect))?.view).toMatchObject({
    standing: "pending",
    mine: false,
  });
  expect((await prisma().connection.findUniqueOrThrow({ where: { id } })).failureKind).toBe("reauth");

  const wrong = await browser.open(await browser.consent(authLink, { account: "grace" }));
  expect(wrong.location).toContain("error=account_mismatch");
  const again = await beginFromLink(token, browser.connect ?? "");
  const right = await browser.open(await browser.consent(again.authLink));
  expect(right.location).toBe(`${app}?connectionId=${id}&provider=google-drive`);
  expect(await readReconnectLink(token), "opened again it says so").toMatchObject({ connected: true });
  expect((await prisma().connection.findUniqueOrThrow({ where: { id } })).failureKind).toBeNull();
});

test("without an address the person stays on our page", async () => {
  const { token } = await linked();
  const browser = rig.browser();
  browser.cookies.set("tributary.connect", newBrowser());
  const { authLink } = await beginFromLink(token, browser.connect ?? "");
  const { location } = await browser.open(await browser.consent(authLink));
  expect((await readFlow(pageToken(location), browser.connect))?.view).toMatchObject({
    standing: "done",
    reconnect: true,
    origin: "link",
    account: "ada@example.com",
  });
});

test("whoever denies, or comes too late, is told that the connection is as it was", async () => {
  const { token } = await linked();
  const browser = rig.browser();
  browser.cookies.set("tributary.connect", newBrowser());
  const { authLink } = await beginFromLink(token, browser.connect ?? "");
  const { location } = await browser.open(await browser.consent(authLink, { decision: "deny" }));
  const problem = async () => (await readFlow(pageToken(location), browser.connect))?.view.problem;
  expect(await problem()).toEqual({
    title: "Nothing was changed",
    detail: "No access to Stub Drive was given, so nothing was changed: the connection is as it was.",
  });
  await prisma().$executeRaw`
    update connect_flows set status = 'pending', error = null, error_detail = null, expires_at = now() - interval '1 second'`;
  expect(await problem()).toMatchObject({
    title: "This link has expired",
    detail: expect.stringMatching(/Nothing was changed: the connection is as it was\.$/),
  });
});

test("an expired link, one of a removed connection, one made by a revoked key, and what is none: all the same nothing", async () => {
  const nothing = async (token: string) => {
    expect(await readReconnectLink(token)).toBeNull();
    await expect(beginFromLink(token, newBrowser())).rejects.toMatchObject({ code: "not_found" });
  };
  const expired = await linked();
  await prisma().$executeRaw`update connect_links set expires_at = now() - interval '1 second'`;
  await nothing(expired.token);
  const removed = await linked();
  await rig.client.connections.deleteByID(removed.id);
  await nothing(removed.token);
  for (const token of ["", "x", "A".repeat(43)]) await nothing(token);
  const revoked = await linked();
  await prisma().apiKey.updateMany({
    where: { organizationId: rig.acme.organizationId },
    data: { revokedAt: new Date() },
  });
  try {
    await nothing(revoked.token);
  } finally {
    await prisma().apiKey.updateMany({ data: { revokedAt: null } });
  }
});

test("a link is made for one's own connections only, and only with an address a person may be sent to", async () => {
  const { id } = await linked();
  await expect(createReconnectLink(rig.globex.principal, id)).rejects.toMatchObject({ code: "not_found" });
  for (const redirectUrl of ["javascript:alert(1)", "http://app.example.com/"])
    await expect(createReconnectLink(rig.acme.principal, id, { redirectUrl })).rejects.toMatchObject({
      code: "invalid_request",
    });
});
