import type { Page } from "@playwright/test";
import { expectAccessible } from "./axe.ts";
import { expect, test } from "./fixtures.ts";
import { connectStore, syncEnds } from "./pages.ts";

const dialog = (page: Page) => page.getByRole("dialog");
const rows = (page: Page) => page.locator("main ul > li").filter({ has: page.locator("a[href^='/documents/']") });
const row = (page: Page, name: string) => rows(page).filter({ hasText: name });

async function openAdd(page: Page, kind: "Text" | "Web address" | "File"): Promise<void> {
  await page.goto("/documents");
  await page.getByRole("button", { name: "Add document" }).click();
  await dialog(page).getByText(kind, { exact: true }).first().click();
  await expect(dialog(page).getByRole("radio", { name: kind })).toBeChecked();
}

/** The list follows by itself what is done with a document. */
async function ready(page: Page, name: string): Promise<void> {
  await expect(row(page, name).first()).toBeVisible();
  await expect(
    row(page, name)
      .first()
      .getByText(/^(Queued|Reading|Preparing|Indexing)$/),
  ).toHaveCount(0, {
    timeout: 40_000,
  });
}

test("a text is added, found by its words with the place shown, and deleted", async ({ page }) => {
  await openAdd(page, "Text");
  await dialog(page).getByRole("button", { name: "Add", exact: true }).click();
  await expect(dialog(page).getByRole("textbox", { name: "Text" })).toBeFocused();
  await expect(dialog(page).getByText("This is empty.")).toBeVisible();
  await dialog(page)
    .getByRole("textbox", { name: "Text" })
    .fill("# Quarterly plan\n\nThe marmalade budget is doubled.\n");
  await dialog(page).getByLabel("Container tags").fill("plans, bad tag!");
  await dialog(page).getByRole("button", { name: "Add", exact: true }).click();
  await expect(dialog(page).getByText(/Use letters, digits/)).toBeVisible();
  await dialog(page).getByLabel("Container tags").fill("plans team_7");
  await dialog(page).getByRole("button", { name: "Add", exact: true }).click();
  await expect(dialog(page)).toHaveCount(0);
  await ready(page, "Quarterly plan");

  await page.getByRole("searchbox").fill("budgets of marmalade");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/documents\?q=budgets\+of\+marmalade$/);
  await expect(row(page, "Quarterly plan").locator("mark").first()).toHaveText("marmalade");
  await expect(rows(page)).toHaveCount(1);

  await row(page, "Quarterly plan").getByRole("link").first().click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Quarterly plan");
  await expect(page.getByText("1 chunk", { exact: true })).toBeVisible();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await expect(dialog(page)).toHaveAccessibleDescription(/cannot be undone/);
  await page.keyboard.press("Escape");
  await expect(page.getByRole("button", { name: "Delete", exact: true })).toBeFocused();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await dialog(page).getByRole("button", { name: "Delete document" }).click();
  await expect(page).toHaveURL(/\/documents$/);
  await expect(row(page, "Quarterly plan")).toHaveCount(0);
  await page.goto("/documents?q=marmalade");
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await expect(rows(page)).toHaveCount(0);
});

test("a file is uploaded and comes back as it was", async ({ page }) => {
  const content = `name,city\n${Array.from({ length: 2_000 }, (_, i) => `person ${i},Zürich ${i}`).join("\n")}\n`;
  await openAdd(page, "File");
  await dialog(page).getByRole("button", { name: "Upload" }).click();
  await expect(dialog(page).getByText("Choose a file.")).toBeVisible();
  const choose = dialog(page).getByLabel("File", { exact: true }).last();
  await choose.setInputFiles({ name: "empty.csv", mimeType: "text/csv", buffer: Buffer.alloc(0) });
  await dialog(page).getByRole("button", { name: "Upload" }).click();
  await expect(dialog(page).getByText("This file is empty.")).toBeVisible();
  await choose.setInputFiles({ name: "residents.csv", mimeType: "text/csv", buffer: Buffer.from(content) });
  await dialog(page).getByRole("button", { name: "Upload" }).click();
  await expect(dialog(page)).toHaveCount(0);
  await ready(page, "residents.csv");
  await row(page, "residents.csv").getByRole("link").first().click();
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download the file" }).click();
  const stream = await (await download).createReadStream();
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  expect(Buffer.concat(parts).toString()).toBe(content);
});

test("the dialog opens in its first field, each time; a text file keeps its lines; a tag that is none says so", async ({
  page,
}) => {
  await page.goto("/documents");
  for (let time = 0; time < 2; time++) {
    await page.getByRole("button", { name: "Add document" }).click();
    await expect(dialog(page).getByRole("textbox", { name: "Text" })).toBeFocused();
    await page.keyboard.press("Escape");
    await expect(dialog(page)).toHaveCount(0);
  }
  await openAdd(page, "File");
  const lines = "12:00 started\n12:01 *ready*\n12:02 stopped";
  const choose = dialog(page).getByLabel("File", { exact: true }).last();
  await choose.setInputFiles({ name: "server.log", mimeType: "text/plain", buffer: Buffer.from(lines) });
  await dialog(page).getByRole("button", { name: "Upload" }).click();
  await expect(dialog(page)).toHaveCount(0);
  await ready(page, "server.log");
  await row(page, "server.log").getByRole("link").first().click();
  await expect(page.getByRole("group", { name: "Text of this document" })).toHaveText(lines, { useInnerText: true });
  await page.goto("/documents");
  await page.getByRole("textbox", { name: "Container tag" }).fill("no tag!");
  await page.keyboard.press("Enter");
  await expect(page.getByText(/“no tag!” cannot be a container tag/)).toBeVisible();
  await expect(page.getByRole("textbox", { name: "Container tag" })).toHaveAttribute("aria-invalid", "true");
  await expectAccessible(page);
});

test("a file that cannot be read is refused where it was chosen", async ({ page, complaints }) => {
  await openAdd(page, "File");
  await dialog(page)
    .getByLabel("File", { exact: true })
    .last()
    .setInputFiles({ name: "holiday.mp4", mimeType: "video/mp4", buffer: Buffer.from([0, 0, 0, 24]) });
  await dialog(page).getByRole("button", { name: "Upload" }).click();
  await expect(dialog(page).getByRole("alert")).toContainText("This file cannot be read.");
  complaints.splice(0); // the browser reports the refusal
});

test("an address is fetched; one that has nothing says why", async ({ page, website }) => {
  test.setTimeout(240_000);
  website.page("/added/", { title: "Added page", text: "Penguins walk here." });
  await openAdd(page, "Web address");
  await dialog(page).getByRole("textbox", { name: "Web address" }).fill("example");
  await dialog(page).getByRole("button", { name: "Add", exact: true }).click();
  await expect(dialog(page).getByText(/begins with https/)).toBeVisible();
  await dialog(page).getByRole("textbox", { name: "Web address" }).fill(`${website.origin}/added/`);
  await dialog(page).getByRole("button", { name: "Add", exact: true }).click();
  await ready(page, "Added page");

  await openAdd(page, "Web address");
  await dialog(page).getByRole("textbox", { name: "Web address" }).fill(`${website.origin}/nothing-there`);
  await dialog(page).getByRole("button", { name: "Add", exact: true }).click();
  const failed = row(page, "nothing-there");
  await expect(failed.getByText("Failed", { exact: true })).toBeVisible({ timeout: 40_000 });
  await page.getByRole("combobox", { name: "Status" }).selectOption("failed");
  await expect(page).toHaveURL(/status=failed$/);
  await expect(rows(page)).toHaveCount(1);
  await failed.getByRole("link").first().click();
  await expect(page.getByText("This document could not be processed")).toBeVisible();
  await expectAccessible(page);
});

test("filters live in the address: reload, Back and Reset work, with the keyboard alone", async ({ page, store }) => {
  test.setTimeout(240_000);
  for (let n = 1; n <= 60; n++) store.object(`listed/page-${n}.md`, `# Listed ${n}\n\nText about gondolas ${n}.`);
  const id = await connectStore(page, store, "Listed bucket", "listed/");
  await syncEnds(page);

  await page.goto("/documents");
  await page.getByRole("combobox", { name: "Connection" }).selectOption("Listed bucket");
  await expect(page).toHaveURL(new RegExp(`connection=${id}$`));
  await expect(rows(page)).toHaveCount(50);
  await expect(rows(page).first().getByRole("link", { name: "Listed bucket" })).toHaveAttribute(
    "href",
    `/connections/${id}`,
  );
  const newest = await rows(page).first().getByRole("link").first().textContent();
  await page.getByRole("link", { name: "Older" }).click();
  await expect(rows(page)).toHaveCount(10);
  await page.getByRole("link", { name: "Newer" }).click();
  await expect(rows(page)).toHaveCount(50);
  await expect(rows(page).first().getByRole("link").first()).toHaveText(newest ?? "");

  await page.getByRole("combobox", { name: "Type" }).selectOption("pdf");
  await expect(page.getByText(/^No document fits/)).toBeVisible();
  await page.goto(`/documents?connection=${id}&q=nobody+wrote+that&type=pdf`);
  await expect(page.getByText(/^Nothing found for “nobody wrote that” with these filters/)).toBeVisible();
  await page.goBack();
  await page.reload();
  await expect(page.getByRole("combobox", { name: "Type" })).toHaveValue("pdf");
  await expect(page.getByRole("combobox", { name: "Connection" })).toHaveValue(id);
  await page.goBack();
  await expect(page.getByRole("combobox", { name: "Type" })).toHaveValue("");
  await page.getByRole("link", { name: "Reset" }).focus();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/documents$/);
  await expect(page.getByRole("combobox", { name: "Connection" })).toHaveValue("");

  await page.goto(`/connections/${id}/documents?q=gondola`);
  await expect(rows(page).first().locator("mark").first()).toHaveText("gondolas");
  await expect(page.getByRole("combobox", { name: "Connection" })).toHaveCount(0);
  await expectAccessible(page);
  await page.goto("/documents?tag=nobody-has-it");
  await expectAccessible(page);
});

test("the dialog has no accessibility fault, whatever is added", async ({ page }) => {
  test.setTimeout(240_000);
  for (const kind of ["Text", "Web address", "File"] as const) {
    await openAdd(page, kind);
    await dialog(page)
      .getByRole("button", { name: /^(Add|Upload)$/ })
      .click();
    await expectAccessible(page);
  }
});
