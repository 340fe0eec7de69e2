import type { Browser, BrowserContext, Page } from "@playwright/test";
import type { FakeOAuth } from "../lib/testing/fake-oauth.ts";
import { expireFlows } from "./database.ts";
import { expect, test as base } from "./fixtures.ts";
import { syncEnds } from "./pages.ts";

/** A provider that people sign in to, as the journeys need to know it. */
export interface AccountSource {
  /** as addresses have it */
  readonly id: string;
  readonly name: string;
  /** the heading of its own sign-in page */
  readonly signIn: string;
  readonly oauth: FakeOAuth;
  /** what Ada's connection is said to be connected as */
  readonly account: string;
  /** how many documents Ada's account gives */
  readonly documents: number;
  /** makes the form one that syncs the whole account */
  fill(page: Page): Promise<void>;
}

export const accountTest = base.extend<{ source: AccountSource }>({
  // oxlint-disable-next-line no-empty-pattern -- Playwright reads the pattern
  source: async ({}, _use) => {
    throw new Error("each provider's journeys say which one it is");
  },
});

export const ada = "Ada Lovelace (ada@example.com)";
export const grace = "Grace Hopper (grace@example.com)";

type Form = Pick<AccountSource, "id" | "name" | "signIn" | "fill">;

/** At the provider: chooses who to be, and decides. */
export async function decide(
  page: Page,
  source: Pick<AccountSource, "signIn">,
  who: string,
  decision: "Allow" | "Deny",
): Promise<void> {
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(source.signIn);
  await page.getByRole("radio", { name: who }).check();
  await page.getByRole("button", { name: decision }).click();
}

/** Fills the form of a new connection and goes on to the provider's own page. */
export async function continueToProvider(page: Page, source: Form, name: string): Promise<void> {
  await page.goto(`/connections/new/${source.id}`);
  await source.fill(page);
  await page.getByRole("textbox", { name: "Name", exact: true }).fill(name);
  await page.getByRole("button", { name: `Continue to ${source.name}` }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(source.signIn);
}

const connectedPage = /\/connections\/([0-9A-Za-z]{22})\?just=connected$/;

/** Connects Ada's account and waits for its first sync; the connection's id. */
export async function connectAccount(page: Page, source: Form, name: string): Promise<string> {
  await continueToProvider(page, source, name);
  await decide(page, source, ada, "Allow");
  await page.waitForURL(connectedPage);
  await syncEnds(page);
  return connectedPage.exec(page.url())?.[1] ?? "";
}

/** A browser of somebody else: it knows nothing of this console. */
export function strangersBrowser(browser: Browser, baseURL: string | undefined): Promise<BrowserContext> {
  return browser.newContext({ ...(baseURL ? { baseURL } : {}), storageState: { cookies: [], origins: [] } });
}

/** Ids of everything a connection holds. */
async function documentsOf(page: Page, id: string): Promise<string[]> {
  await page.goto(`/connections/${id}/documents`);
  const links = page.locator("main a[href^='/documents/']");
  await expect(links.first()).toBeVisible();
  return links.evaluateAll((all) => all.map((link) => link.getAttribute("href") ?? "").toSorted());
}

async function namesOf(page: Page): Promise<string[]> {
  const all: { name: string }[] = await (await page.request.get("/api/console/connections")).json();
  return all.map(({ name }) => name);
}

/** Ada takes her consent back at the provider, and the next sync finds out. */
async function accessEnds(page: Page, source: AccountSource, id: string): Promise<void> {
  source.oauth.withdraw("ada");
  await page.goto(`/connections/${id}`);
  await page.getByRole("button", { name: "Sync now" }).click();
  await expect(page.getByText(`Needs reconnecting: ${source.account}`)).toBeVisible({ timeout: 40_000 });
}

/** What every provider with accounts has to get right. */
export function accountJourneys(test: typeof accountTest): void {
  test("an account is connected, and its first sync has begun by then", async ({ page, source }) => {
    await page.goto("/connections/new");
    await page
      .getByRole("main")
      .getByRole("link", { name: new RegExp(`^${source.name}\\b`) })
      .click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(`Connect ${source.name}`);
    for (const part of ["What will be read", "What never happens", "How to stop"])
      await expect(page.getByRole("heading", { name: part })).toBeVisible();
    await expect(page.getByRole("button", { name: "Test connection" })).toHaveCount(0);

    await test.step("the same call stands beside it and ends at the link", async () => {
      const pane = page.getByRole("region", { name: "The same by API" });
      for (const [language, link] of [
        ["curl", '"authLink"'],
        ["TypeScript", "connection.authLink"],
        ["Python", "connection.auth_link"],
      ] as const) {
        await pane.getByText(language, { exact: true }).click();
        await expect(pane.locator("code")).toContainText(link);
      }
    });

    const name = `${source.name} of Ada`;
    await source.fill(page);
    await page.getByLabel("Container tags", { exact: true }).fill("user_ada");
    await page.getByRole("textbox", { name: "Name", exact: true }).fill(name);
    await page.getByRole("button", { name: `Continue to ${source.name}` }).dblclick();
    await decide(page, source, ada, "Allow");
    await page.waitForURL(connectedPage);
    await expect(page.getByText("The first sync started by itself")).toBeVisible();
    await syncEnds(page);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(name);
    await expect(page.getByRole("list", { name: "Container tags" }).first()).toHaveText("user_ada");
    const card = page.getByRole("region", { name: "Account" });
    await expect(card).toContainText("ada@example.com");
    const id = connectedPage.exec(page.url())?.[1] ?? "";
    expect(await documentsOf(page, id)).toHaveLength(source.documents);
    expect(
      (await namesOf(page)).filter((each) => each === name),
      "one press, one connection",
    ).toHaveLength(1);

    await test.step("that it is connected already is said, and connecting it again is possible", async () => {
      await page.goto("/connections/new");
      await expect(page.getByRole("main").getByRole("link", { name: new RegExp(`^${source.name}\\b`) })).toContainText(
        /Already connected \(\d+\)/,
      );
      await page.goto(`/connections/new/${source.id}`);
      await expect(page.getByRole("main").getByRole("link", { name }).first()).toBeVisible();
      await expect(page.getByRole("button", { name: `Continue to ${source.name}` })).toBeVisible();
    });

    await test.step("its settings can be tested and changed without asking anybody", async () => {
      await page.goto(`/connections/${id}/edit`);
      await page.getByRole("button", { name: "Test connection" }).click();
      await expect(page.getByText(/^Works:/)).toContainText("ada@example.com");
      await page.getByLabel("Sync", { exact: true }).selectOption("3600");
      await page.getByRole("button", { name: "Save changes" }).click();
      await page.waitForURL(`**/connections/${id}`);
      await expect(page.getByText("every hour")).toBeVisible();
    });
  });

  test("whoever denies is told so calmly, can start again, and nothing half-made stays", async ({ page, source }) => {
    const name = `${source.name} denied`;
    await continueToProvider(page, source, name);
    await decide(page, source, ada, "Deny");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Nothing was connected");
    await expect(page).toHaveURL(/\/connect\/result\//);
    expect(await namesOf(page)).not.toContain(name);
    await page.getByRole("button", { name: "Start again" }).click();
    await decide(page, source, ada, "Allow");
    await page.waitForURL(connectedPage);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(name);
    await syncEnds(page);
  });

  test("access that ended is named with its account, and reconnecting repairs the same connection", async ({
    page,
    source,
  }) => {
    const id = await connectAccount(page, source, `${source.name} withdrawn`);
    const documents = await documentsOf(page, id);
    await accessEnds(page, source, id);
    await expect(page.getByText("Needs reconnecting", { exact: true }).first()).toBeVisible();
    await expect(page.getByRole("button", { name: "Sync now" })).toHaveCount(0);
    expect(await documentsOf(page, id)).toEqual(documents);

    await page.goto(`/connections/${id}`);
    await page.getByRole("button", { name: "Reconnect", exact: true }).click();
    await decide(page, source, ada, "Allow");
    await page.waitForURL(`**/connections/${id}?just=reconnected`);
    await expect(page.getByText("Reconnected", { exact: true })).toBeVisible();
    await syncEnds(page);
    await expect(page.getByText(/^Needs reconnecting/)).toHaveCount(0);
    expect(await documentsOf(page, id)).toEqual(documents);
  });

  test("reconnecting with another account is refused with both names, and changes nothing", async ({
    page,
    source,
  }) => {
    const id = await connectAccount(page, source, `${source.name} of one person`);
    const documents = await documentsOf(page, id);
    await page.goto(`/connections/${id}`);
    await page.getByRole("button", { name: "Reconnect", exact: true }).click();
    await decide(page, source, grace, "Allow");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("That is another account");
    const words = page.getByText(/You signed in as/);
    await expect(words).toContainText("grace@example.com");
    await expect(words).toContainText("ada@example.com");
    await page.getByRole("link", { name: "Back to the console" }).click();
    await expect(page.getByRole("region", { name: "Account" })).toContainText("ada@example.com");
    expect(await documentsOf(page, id)).toEqual(documents);
    await page.goto(`/connections/${id}`);
    await page.getByRole("button", { name: "Sync now" }).click();
    await syncEnds(page);
  });

  test("whoever comes too late can start again with everything that was entered", async ({ page, source, app }) => {
    const name = `${source.name} too late`;
    await continueToProvider(page, source, name);
    await expireFlows(app);
    await decide(page, source, ada, "Allow");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("This link has expired");
    expect(await namesOf(page)).not.toContain(name);
    await page.getByRole("button", { name: "Start again" }).click();
    await decide(page, source, ada, "Allow");
    await page.waitForURL(connectedPage);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(name);
    await syncEnds(page);
  });

  test("what one browser began no other can finish", async ({ page, browser, source, baseURL }) => {
    const name = `${source.name} in two browsers`;
    await continueToProvider(page, source, name);
    const stranger = await strangersBrowser(browser, baseURL);
    const theirs = await stranger.newPage();
    await theirs.goto(page.url());
    await decide(theirs, source, grace, "Allow");
    await expect(theirs.getByRole("heading", { level: 1 })).toHaveText("This was started in another browser");
    expect(await namesOf(page)).not.toContain(name);
    await stranger.close();

    await decide(page, source, ada, "Allow");
    await page.waitForURL(connectedPage);
    await expect(page.getByRole("region", { name: "Account" })).toContainText("ada@example.com");
    await syncEnds(page);
  });

  test("a link to reconnect works for whoever owns the account, without signing in here", async ({
    page,
    browser,
    source,
    baseURL,
  }) => {
    const id = await connectAccount(page, source, `${source.name} by link`);
    await accessEnds(page, source, id);
    await page.getByRole("button", { name: "Copy reconnect link" }).click();
    const link = await page.getByRole("textbox", { name: "Reconnect link" }).inputValue();
    expect(link).toMatch(/\/connect\/reconnect\/[\w-]{43}$/);

    const owners = await strangersBrowser(browser, baseURL);
    const theirs = await owners.newPage();
    await theirs.goto(link);
    await expect(theirs.getByRole("heading", { level: 1 })).toHaveText(`Reconnect ${source.name} for Acme`);
    await expect(theirs.getByText("ada@example.com")).toBeVisible();
    await theirs.getByRole("button", { name: `Continue to ${source.name}` }).click();
    await decide(theirs, source, ada, "Allow");
    await expect(theirs.getByRole("heading", { level: 1 })).toHaveText(`${source.name} is reconnected`);
    await owners.close();

    await page.reload();
    await expect(page.getByText(/^Needs reconnecting/)).toHaveCount(0);
    await syncEnds(page);
  });
}
