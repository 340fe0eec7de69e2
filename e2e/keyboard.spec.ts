import type { Page } from "@playwright/test";
import { fillDemo } from "../lib/connectors/notion/fake/demo.ts";
import { expect, test } from "./fixtures.ts";
import { figure, syncEnds } from "./pages.ts";

/** Tabs until something with this accessible name has the focus; each stop shows its ring and is not covered. */
async function tabTo(page: Page, name: string | RegExp, most = 60): Promise<void> {
  for (let presses = 0; presses < most; presses++) {
    const focused = page.locator(":focus");
    if ((await focused.count()) === 1) {
      const matches = await expect(focused)
        .toHaveAccessibleName(name, { timeout: 1 })
        .then(
          () => true,
          () => false,
        );
      if (matches) return;
    }
    await page.keyboard.press("Tab");
    await expectVisibleFocus(page);
  }
  throw new Error(`no way to ${name} by Tab`);
}

async function expectVisibleFocus(page: Page): Promise<void> {
  const state = await page.evaluate(() => {
    const element = document.activeElement;
    if (!(element instanceof HTMLElement) || element === document.body) return "none";
    const ring = [element, element.parentElement].some(
      (part) =>
        part && getComputedStyle(part).outlineStyle !== "none" && parseFloat(getComputedStyle(part).outlineWidth) > 0,
    );
    if (!ring) return `no ring: ${element.outerHTML.slice(0, 160)}`;
    const box = element.getBoundingClientRect();
    const on = document.elementFromPoint(
      box.left + Math.min(box.width / 2, 40),
      box.top + Math.min(box.height / 2, 12),
    );
    const covered = on && !element.contains(on) && !on.contains(element) && !on.closest("label")?.contains(element);
    return covered ? `covered by ${on.outerHTML.slice(0, 160)}: ${element.outerHTML.slice(0, 160)}` : "fine";
  });
  expect(state).toMatch(/^(fine|none)$/);
}

test("a source is connected and synced by keyboard alone", async ({ page, website }) => {
  website.page("/keyboard/", { title: "Keyboard", text: "Reached without a mouse.", links: ["/keyboard/two"] });
  website.page("/keyboard/two", { title: "Second", text: "Also reached." });
  await page.goto("/");
  await tabTo(page, "Connections");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/connections");
  await tabTo(page, /New connection/);
  await page.keyboard.press("Enter");
  await page.waitForURL("**/connections/new");
  await tabTo(page, /Website/);
  await page.keyboard.press("Enter");
  await page.waitForURL("**/connections/new/web-crawler");
  await tabTo(page, "First page");
  await page.keyboard.type(`${website.origin}/keyboard/`);
  await tabTo(page, "Test connection");
  await page.keyboard.press("Space");
  await expect(page.getByText(/^Works:/)).toBeVisible();
  await tabTo(page, "Name");
  await page.keyboard.type("By keyboard");
  await page.keyboard.press("Enter");
  await page.waitForURL(/just=connected/);
  await expect(page.getByRole("heading", { name: "Last sync" })).toBeVisible({ timeout: 40_000 });
  await expect(figure(page, "new")).toHaveText("2");

  await tabTo(page, /Sync now/);
  await page.keyboard.press("Enter");
  await expect(figure(page, "same")).toHaveText("2");
  await tabTo(page, "Delete");
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog");
  await expect(dialog).toBeVisible();
  for (let presses = 0; presses < 12; presses++) {
    await page.keyboard.press("Tab");
    expect(
      await page.evaluate(
        () => document.activeElement === document.body || !!document.activeElement?.closest("dialog"),
      ),
    ).toBe(true);
  }
  await tabTo(page, /^Delete connection, keep 2 documents$/);
  await page.keyboard.press("Enter");
  await page.waitForURL("**/connections");
  await expect(page.getByRole("button", { name: "Undo" })).toBeVisible();
  await tabTo(page, "Undo", 200);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("By keyboard");
});

test("an account is connected and reconnected by keyboard alone", async ({ page, notion }) => {
  if (notion.workspace.pages.size === 0) fillDemo(notion.workspace, 0);
  const atNotion = page.getByRole("heading", { name: "Sign in to Notion" });
  const agree = async () => {
    await expect(atNotion).toBeVisible();
    // the radio that is checked is the first stop, "Allow" the next one
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    await expect(page.getByRole("button", { name: "Allow" })).toBeFocused();
    await page.keyboard.press("Enter");
  };
  await page.goto("/connections/new");
  await tabTo(page, /^Notion\b/);
  await page.keyboard.press("Enter");
  await page.waitForURL("**/connections/new/notion");
  await tabTo(page, "Name");
  await page.keyboard.type("Notion by keyboard");
  await tabTo(page, "Continue to Notion");
  await page.keyboard.press("Enter");
  await agree();
  await page.waitForURL(/just=connected/);
  await syncEnds(page);

  await tabTo(page, "Reconnect");
  await page.keyboard.press("Enter");
  await agree();
  await page.waitForURL(/just=reconnected/);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Notion by keyboard");
  await syncEnds(page);
});
