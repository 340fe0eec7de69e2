import { gzipSync } from "node:zlib";
import { expectAccessible, violations } from "./axe.ts";
import { expect, expectComplaint, test } from "./fixtures.ts";

// Nobody has to sign in to read it.
test.use({ storageState: { cookies: [], origins: [] } });

test("the reference has no fault in any theme and width, opened up and filtered too", async ({ page }) => {
  test.setTimeout(240_000);
  await page.goto("/reference");
  await expect(page.getByRole("heading", { name: "API reference", level: 1 })).toBeVisible();
  await expectAccessible(page);
  const section = page.locator("#deleteDocument");
  await section.getByRole("button", { name: "Try it: Delete a document" }).click();
  await section.locator("details").evaluateAll((all) => {
    for (const one of all) (one as HTMLDetailsElement).open = true;
  });
  await expect(section.getByLabel("documentId")).toBeVisible();
  expect(await violations(page)).toEqual([]);
});

test("its script weighs at most 180 kB", async ({ page }) => {
  const scripts = new Set<string>();
  page.on("request", (request) => {
    if (new URL(request.url()).pathname.endsWith(".js")) scripts.add(request.url());
  });
  await page.goto("/reference", { waitUntil: "networkidle" });
  let weight = 0;
  for (const url of scripts) weight += gzipSync(await (await page.request.get(url)).body()).length;
  expect(scripts.size).toBeGreaterThan(2);
  expect(weight).toBeLessThanOrEqual(180_000);
});

test("operations are found by what they are called and take, and have addresses of their own", async ({ page }) => {
  await page.goto("/reference#searchDocuments");
  await expect(page.locator("#searchDocuments").getByRole("heading", { level: 3 }).first()).toBeInViewport();
  await page.getByRole("searchbox", { name: "Filter operations" }).fill("expiresInDays");
  await expect(page.locator("#createScopedKey")).toBeVisible();
  await expect(page.locator("#searchDocuments")).toBeHidden();
  await page.getByRole("searchbox", { name: "Filter operations" }).fill("nothing like it");
  await expect(page.getByText("Nothing fits.")).toBeVisible();
});

test("a language chosen once is that of every example, with this server's own address", async ({ page, app }) => {
  await page.goto("/reference");
  await page.getByRole("radio", { name: "Python" }).first().check();
  const example = page.locator("#listDocuments").getByRole("group", { name: "List documents: Python example" });
  await expect(example).toContainText("import urllib.request");
  await expect(example).toContainText(`${app.url}/v3/documents/list`);
});

test("a request can be tried: what changes something is asked about first, and the key is kept nowhere", async ({
  page,
  complaints,
}) => {
  await page.goto("/reference#deleteDocument");
  const section = page.locator("#deleteDocument");
  const key = "sm_not-a-key-of-anybody";
  await section.getByRole("button", { name: "Try it: Delete a document" }).click();
  await section.getByLabel("API key", { exact: true }).fill(key);
  await section.getByLabel("documentId").fill("handbook/travel");
  let sent = 0;
  page.on("request", (request) => {
    if (request.url().includes("/v3/")) sent++;
  });
  await section.getByRole("button", { name: "Send" }).click();
  const dialog = page.getByRole("dialog", { name: "Delete a document?" });
  await expect(dialog).toContainText("DELETE /v3/documents/handbook%2Ftravel");
  await dialog.getByRole("button", { name: "Cancel" }).click();
  expect(sent).toBe(0);
  await section.getByRole("button", { name: "Send" }).click();
  await dialog.getByRole("button", { name: "Send" }).click();
  await expect(section.getByRole("status")).toContainText("401");
  await expect(section.getByRole("status")).toContainText("Unauthorized");
  expect(sent).toBe(1);
  const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
  expect(kept).not.toContain(key);
  // The browser reports what it was sent for.
  expectComplaint(complaints, /401/);
});
