import { fillDemo as fillDrive } from "../lib/connectors/google-drive/fake/demo.ts";
import { fillDemo as fillNotion } from "../lib/connectors/notion/fake/demo.ts";
import { ada, connectAccount, continueToProvider, decide, strangersBrowser } from "./account-journeys.ts";
import { expectAccessible, themes, violations, widths } from "./axe.ts";
import { expect, test } from "./fixtures.ts";
import { connectStore, connectWebsite, syncEnds } from "./pages.ts";

const notionSource = { id: "notion", name: "Notion", signIn: "Sign in to Notion", fill: () => Promise.resolve() };
const driveSource = {
  id: "google-drive",
  name: "Google Drive",
  signIn: "Sign in to Google",
  fill: () => Promise.resolve(),
};

/** Every page of the console, with something on it. */
let routes: readonly string[] = [];

test.beforeAll(async ({ browser, app, store, website, notion, drive }) => {
  test.setTimeout(120_000);
  if (notion.workspace.pages.size === 0) fillNotion(notion.workspace, 0);
  if (drive.store.files.size === 0) fillDrive(drive.store);
  const page = await browser.newPage({ baseURL: app.url, storageState: test.info().project.use.storageState });
  store.object(
    "shelf/one.md",
    "# One\n\nA [link](https://example.com) and a table.\n\n| a | b |\n| - | - |\n| 1 | 2 |\n\n```\ncode\n```\n",
  );
  store.object("shelf/picture.xyz", Buffer.from([0, 1, 2, 3, 4, 5]));
  const bucket = await connectStore(page, store, "Shelf", "shelf/");
  await syncEnds(page);
  website.page("/small/", { title: "Small", text: "One page." });
  const site = await connectWebsite(page, `${website.origin}/small/`, "Small site");
  await syncEnds(page);
  await page.getByRole("button", { name: "Pause" }).click();
  await expect(page.getByRole("button", { name: "Resume" })).toBeVisible();
  const workspace = await connectAccount(page, notionSource, "Workspace");
  notion.oauth.withdraw("ada");
  await page.getByRole("button", { name: "Sync now" }).click();
  await expect(page.getByText(/^Needs reconnecting:/)).toBeVisible({ timeout: 40_000 });
  await continueToProvider(page, driveSource, "Unchosen drive");
  await decide(page, driveSource, ada, "Allow");
  await expect(page.getByText("Connected: one step is left")).toBeVisible();
  const unchosen = /\/connections\/(\w{22})/.exec(page.url())?.[1] ?? "";
  await page.goto(`/connections/${bucket}/documents`);
  const document = await page.locator("main a[href^='/documents/']").first().getAttribute("href");
  await page.goto(`/connections/${bucket}/runs`);
  const run = await page.locator("main a[href^='/runs/']").first().getAttribute("href");
  routes = [
    "/",
    "/connections",
    "/connections/new",
    "/connections/new/s3",
    "/connections/new/web-crawler",
    "/connections/new/notion",
    "/connections/new/google-drive",
    "/connections/new/onedrive",
    `/connections/${bucket}`,
    `/connections/${bucket}/documents`,
    `/connections/${bucket}/documents?q=nothing-like-it`,
    `/connections/${bucket}/runs`,
    `/connections/${bucket}/issues`,
    `/connections/${bucket}/edit`,
    `/connections/${site}`,
    `/connections/${site}/issues`,
    `/connections/${workspace}`,
    `/connections/${workspace}/edit`,
    `/connections/${unchosen}`,
    `/connections/${unchosen}/choose`,
    "/documents",
    document ?? "",
    `${document}?view=markdown`,
    "/runs",
    run ?? "",
    `${run}?verdict=skipped`,
    "/keys",
    "/settings",
    "/settings/oauth/notion",
    "/settings/oauth/google-drive",
    "/connections/aaaaaaaaaaaaaaaaaaaaaa",
  ];
  await page.close();
});

for (const width of widths) {
  test(`no page has an accessibility fault in light or dark at ${width} px`, async ({ page }) => {
    test.setTimeout(300_000);
    await page.setViewportSize({ width, height: 900 });
    const faults: string[] = [];
    for (const route of routes) {
      await page.goto(route);
      await expect(page.getByRole("heading", { level: 1 })).toHaveCount(1);
      await expect(page.getByText("Loading…")).toHaveCount(0);
      for (const theme of themes) {
        await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
        for (const fault of await violations(page)) faults.push(`${route} in ${theme}: ${fault}`);
      }
    }
    expect(faults).toEqual([]);
  });
}

test("the signed-out pages have no accessibility fault either", async ({ browser, app }) => {
  for (const theme of themes) {
    const context = await browser.newContext({
      baseURL: app.url,
      colorScheme: theme,
      storageState: { cookies: [], origins: [] },
    });
    const page = await context.newPage();
    for (const route of ["/login", "/setup", "/nowhere", "/connect/problem/unknown", "/connect/result/nothing"]) {
      await page.goto(route);
      expect(await violations(page), `${route} in ${theme}`).toEqual([]);
    }
    await context.close();
  }
});

test("the pages on the way to a provider and back have no accessibility fault", async ({
  page,
  browser,
  app,
  notion,
}) => {
  test.setTimeout(180_000);
  const id = await connectAccount(page, notionSource, "Way there and back");
  await test.step("a link to reconnect, shown and opened", async () => {
    await page.getByRole("button", { name: "Copy reconnect link" }).click();
    const link = page.getByRole("textbox", { name: "Reconnect link" });
    await expect(link).toBeVisible();
    await expectAccessible(page);
    const owners = await (await strangersBrowser(browser, app.url)).newPage();
    await owners.goto(await link.inputValue());
    await expectAccessible(owners);
    await owners.context().close();
  });
  await test.step("denied, and begun in another browser", async () => {
    await page.goto(`/connections/${id}`);
    await page.getByRole("button", { name: "Reconnect", exact: true }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(notionSource.signIn);
    const strangers = await (await strangersBrowser(browser, app.url)).newPage();
    await strangers.goto(page.url());
    await decide(strangers, notionSource, ada, "Allow");
    await expect(strangers.getByRole("heading", { level: 1 })).toHaveText("This was started in another browser");
    await expectAccessible(strangers);
    await strangers.context().close();
    await decide(page, notionSource, ada, "Deny");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Nothing was changed");
    await expectAccessible(page);
  });
  expect(notion.oauth.counts.authorizations).toBeGreaterThan(0);
});

test("open dialogs and form errors have no accessibility fault", async ({ page }) => {
  for (const theme of themes) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
    await page.goto("/keys");
    await page.getByRole("button", { name: "New key" }).click();
    await page.getByRole("button", { name: "Create key" }).click();
    await expect(page.getByText("Give it a name")).toBeVisible();
    expect(await violations(page)).toEqual([]);
    await page.goto(routes.find((route) => /^\/connections\/\w{22}$/.test(route)) ?? "");
    await page.getByRole("button", { name: "Delete" }).click();
    await expect(page.getByRole("dialog")).toBeVisible();
    expect(await violations(page)).toEqual([]);
    await page.goto("/connections/new/s3");
    await page.getByRole("button", { name: "Connect and sync" }).click();
    await expect(page.getByLabel("Bucket", { exact: true })).toHaveAttribute("aria-invalid", "true");
    expect(await violations(page)).toEqual([]);
  }
});

test("nothing scrolls sideways at 320 px, and what is pressed is large enough", async ({ page }) => {
  test.setTimeout(180_000);
  await page.setViewportSize({ width: 320, height: 800 });
  for (const route of routes) {
    await page.goto(route);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await expect(page.getByText("Loading…")).toHaveCount(0);
    const { scroll, inner } = await page.evaluate(() => ({
      scroll: document.documentElement.scrollWidth,
      inner: innerWidth,
    }));
    expect(scroll, route).toBeLessThanOrEqual(inner);
    const small = await page
      .locator("main button:visible, main input:visible, main select:visible, nav a:visible")
      .evaluateAll((all) =>
        all
          .map((element) => ({
            // pressing a label is pressing what is in it
            box: (element.closest("label") ?? element).getBoundingClientRect(),
            name: element.outerHTML.slice(0, 120),
          }))
          .filter(({ box }) => box.width > 1 && (box.width < 24 || box.height < 24))
          .map(({ name }) => name),
      );
    expect(small, route).toEqual([]);
  }
});

test("each page has its own title, and the skip link leads into it", async ({ page }) => {
  const titles = new Map<string, string>();
  for (const route of routes.filter((path) => !path.includes("?") && !path.includes("aaaaaaaa"))) {
    await page.goto(route);
    await expect(page).toHaveTitle(/ · Tributary$/);
    const title = await page.title();
    expect(titles.get(title), `${route} is called like another page: ${title}`).toBeUndefined();
    titles.set(title, route);
  }
  await page.goto("/connections");
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to content" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.locator("main")).toBeFocused();
});

test("the theme is chosen once, kept, and there from the first paint", async ({ page }) => {
  await page.emulateMedia({ colorScheme: "light" });
  await page.goto("/settings");
  await page.getByRole("main").getByRole("radio", { name: "Dark" }).check({ force: true });
  const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const dark = await background();
  await page.reload();
  expect(await page.evaluate(() => document.documentElement.dataset["theme"])).toBe("dark");
  expect(await background()).toBe(dark);
  const html = await (await page.request.get("/settings")).text();
  expect(html.slice(0, 400)).toContain('data-theme="dark"');
  await page.getByRole("main").getByRole("radio", { name: "System" }).check({ force: true });
  expect(await background()).not.toBe(dark);
});

test("nothing moves for people who ask for less motion", async ({ page }) => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  await page.goto("/");
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  expect(
    await page.evaluate(() => document.getAnimations().filter(({ playState }) => playState === "running").length),
  ).toBe(0);
});
