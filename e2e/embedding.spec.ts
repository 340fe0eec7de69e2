import type { Page } from "@playwright/test";
import Supermemory from "supermemory";
import { fillDemo as fillDrive } from "../lib/connectors/google-drive/fake/demo.ts";
import { fillDemo as fillNotion } from "../lib/connectors/notion/fake/demo.ts";
import { ada, decide, grace, strangersBrowser } from "./account-journeys.ts";
import { expectAccessible } from "./axe.ts";
import { EmbeddingApp } from "./embedding-app.ts";
import { expect, test as base } from "./fixtures.ts";

interface Embedding {
  readonly application: EmbeddingApp;
  /** the official client, with a key of the organization */
  readonly client: Supermemory;
  /** the end user's browser, which knows nothing of our console */
  readonly user: Page;
  /** `PATCH /v3/settings` */
  trust(...origins: readonly string[]): Promise<void>;
}

/** An application that uses the API through the official client, and one of its users in a browser of their own. */
const test = base.extend<{ embedding: Embedding }>({
  embedding: async ({ page, browser, app, notion, drive }, use) => {
    if (notion.workspace.pages.size === 0) fillNotion(notion.workspace, 0);
    if (drive.store.files.size === 0) fillDrive(drive.store);
    await page.goto("/keys");
    await page.getByRole("button", { name: "New key" }).click();
    await page.getByRole("dialog").getByLabel("Name").fill("Embedding application");
    await page.getByRole("dialog").getByRole("button", { name: "Create key" }).click();
    const apiKey = (await page.getByTestId("api-key").textContent()) ?? "";
    await page.getByRole("dialog").getByRole("button", { name: "I have stored it" }).click();

    const application = await EmbeddingApp.start();
    const context = await strangersBrowser(browser, app.url);
    const trust = async (...origins: readonly string[]) => {
      const reply = await page.request.patch(`${app.url}/v3/settings`, {
        headers: { authorization: `Bearer ${apiKey}` },
        data: { redirectOrigins: origins },
      });
      expect(reply.status()).toBe(200);
    };
    await use({
      application,
      client: new Supermemory({ apiKey, baseURL: app.url }),
      user: await context.newPage(),
      trust,
    });
    await trust();
    await context.close();
    await application.close();
  },
});

const notionPage = { signIn: "Sign in to Notion" } as const;
const drivePage = { signIn: "Sign in to Google" } as const;

test("an unlisted address: the person is asked on our page, comes back with the id, and documents arrive", async ({
  embedding: { application, client, user },
  notion,
}) => {
  const created = await client.connections.create("notion", {
    containerTags: ["user_123"],
    redirectUrl: application.redirectUrl,
    metadata: { department: "sales" },
  });
  expect(created).toMatchObject({ expiresIn: "10 minutes", redirectsTo: application.redirectUrl });
  const { exchanges } = notion.oauth.counts;
  await user.goto(created.authLink);
  await decide(user, notionPage, ada, "Allow");

  await expect(user.getByRole("heading", { level: 1 })).toHaveText("Connect your Notion to Acme?");
  await expect(user.getByText("user_123")).toBeVisible();
  await expect(user.getByText(`You go to ${new URL(application.origin).host}`)).toBeVisible();
  await expectAccessible(user);
  expect(notion.oauth.counts.exchanges, "nothing is exchanged before the person has agreed here").toBe(exchanges);
  expect(new URL(user.url()).search, "neither code nor state stays in an address of ours").toBe("");
  expect((await client.connections.list({ containerTags: ["user_123"] })).map(({ id }) => id)).not.toContain(
    created.id,
  );
  await user.getByRole("button", { name: "Continue" }).click();

  await expect(user.getByRole("heading", { level: 1 })).toHaveText("Back in the application");
  expect(application.last).toEqual({ session: "s1", connectionId: created.id, provider: "notion" });
  expect(application.referrers.at(-1), "no address of ours travels along").toBeUndefined();
  expect(notion.oauth.counts.exchanges).toBe(exchanges + 1);

  const connection = await client.connections.getByID(created.id);
  expect(connection).toMatchObject({ provider: "notion", email: "ada@example.com", containerTags: ["user_123"] });
  await expect
    .poll(async () => (await client.connections.listDocuments("notion", { containerTags: ["user_123"] })).length, {
      timeout: 40_000,
    })
    .toBe(6);
  const [document] = await client.connections.listDocuments("notion", { containerTags: ["user_123"] });
  await expect
    .poll(async () => (await client.documents.get(document?.id ?? "")).status, { timeout: 20_000 })
    .toBe("done");
  const read = await client.documents.get(document?.id ?? "");
  expect(read).toMatchObject({ connectionId: created.id, status: "done", metadata: { department: "sales" } });
});

test("a listed address: nobody is asked twice", async ({ embedding: { application, client, user, trust }, drive }) => {
  await trust(application.origin);
  const created = await client.connections.create("google-drive", {
    containerTags: ["user_456"],
    redirectUrl: application.redirectUrl,
    metadata: { syncScope: "full" },
  });
  const visited: string[] = [];
  user.on("framenavigated", (frame) => visited.push(frame.url()));
  await user.goto(created.authLink);
  await decide(user, drivePage, ada, "Allow");
  await expect(user.getByRole("heading", { level: 1 })).toHaveText("Back in the application");
  expect(application.last).toEqual({ session: "s1", connectionId: created.id, provider: "google-drive" });
  expect(visited.filter((url) => url.includes("/connect/"))).toEqual([]);
  await expect
    .poll(
      async () => (await client.connections.listDocuments("google-drive", { containerTags: ["user_456"] })).length,
      {
        timeout: 40_000,
      },
    )
    .toBe(8);
  expect(drive.oauth.counts.exchanges).toBeGreaterThan(0);
});

test("whoever says no comes back with the reason, and nothing is connected", async ({
  embedding: { application, client, user, trust },
}) => {
  await trust(application.origin);
  const denied = { error: "access_denied", error_description: expect.stringMatching(/Notion/), session: "s1" };
  const atTheProvider = await client.connections.create("notion", { redirectUrl: application.redirectUrl });
  await user.goto(atTheProvider.authLink);
  await decide(user, notionPage, ada, "Deny");
  await expect(user.getByRole("heading", { level: 1 })).toHaveText("Back in the application");
  expect(application.last).toEqual(denied);

  await test.step("also on our own page, which is the only one to know an unlisted address", async () => {
    await trust();
    const onOurs = await client.connections.create("notion", { redirectUrl: application.redirectUrl });
    await user.goto(onOurs.authLink);
    await decide(user, notionPage, ada, "Allow");
    const before = application.returns.length;
    await user.getByRole("button", { name: "Cancel" }).click();
    await expect(user.getByRole("heading", { level: 1 })).toHaveText("Nothing was connected");
    expect(application.returns, "nobody is sent to an address nobody vouched for").toHaveLength(before);
    await user.getByRole("link", { name: new URL(application.origin).host }).click();
    await expect(user.getByRole("heading", { level: 1 })).toHaveText("Back in the application");
    expect(application.last).toMatchObject({ error: "access_denied", session: "s1" });
    await expect(client.connections.getByID(onOurs.id)).rejects.toThrow("404");
  });
  await expect(client.connections.getByID(atTheProvider.id)).rejects.toThrow("404");
});

test("without an address people stay on our page, and files are chosen there before anything is read", async ({
  embedding: { client, user },
  drive,
}) => {
  const created = await client.connections.create("google-drive", { containerTags: ["user_789"] });
  await user.goto(created.authLink);
  await decide(user, drivePage, ada, "Allow");
  await expect(user.getByRole("heading", { level: 1 })).toHaveText("Connect your Google Drive to Acme?");
  await user.getByRole("button", { name: "Continue" }).click();
  await expect(user.getByRole("heading", { level: 1 })).toHaveText("Choose what to sync");
  drive.clear();
  await user.getByRole("button", { name: "Open My Drive" }).click();
  await user.getByRole("checkbox", { name: "Choose Sales" }).check();
  await expectAccessible(user);
  expect(drive.counts.reads).toBe(0);
  await user.getByRole("button", { name: "Save and start syncing" }).click();
  await expect(user.getByRole("heading", { level: 1 })).toHaveText("Google Drive is connected");
  await expect
    .poll(
      async () => (await client.connections.listDocuments("google-drive", { containerTags: ["user_789"] })).length,
      {
        timeout: 40_000,
      },
    )
    .toBe(3);
});

test("the same link in two browsers connects once, whoever comes first", async ({
  embedding: { application, client, user, trust },
  browser,
  app,
}) => {
  await trust(application.origin);
  const created = await client.connections.create("notion", { redirectUrl: application.redirectUrl });
  await user.goto(created.authLink);
  const other = await strangersBrowser(browser, app.url);
  const theirs = await other.newPage();
  await theirs.goto(created.authLink);
  await decide(user, notionPage, ada, "Allow");
  await expect(user.getByRole("heading", { level: 1 })).toHaveText("Back in the application");
  await decide(theirs, notionPage, grace, "Allow");
  await expect(theirs.getByRole("heading", { level: 1 })).toBeVisible();
  expect((await client.connections.getByID(created.id)).email).toBe("ada@example.com");
  await other.close();
});
