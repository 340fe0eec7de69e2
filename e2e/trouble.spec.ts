import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures.ts";
import { connectStore, figure, syncEnds } from "./pages.ts";

const documentCount = (page: Page) => page.getByRole("definition").filter({ hasText: /^\d+ objects?$/ });

const syncAgain = (page: Page) => page.getByRole("button", { name: "Sync now" }).click();

test("many documents gone at once wait for a person, who keeps or removes them", async ({ page, store }) => {
  for (let n = 1; n <= 40; n++) store.object(`held/page-${n}.md`, `# Page ${n}\n\nText ${n}.`);
  await connectStore(page, store, "Emptied by accident", "held/");
  await syncEnds(page);
  await expect(figure(page, "new")).toHaveText("40");
  for (let n = 1; n <= 30; n++) await store.remove(`held/page-${n}.md`);

  const question = page.getByText("30 documents wait for your decision");
  await test.step("nothing is removed without asking", async () => {
    await syncAgain(page);
    await expect(question).toBeVisible({ timeout: 40_000 });
    await expect(page.getByText("Needs attention").first()).toBeVisible();
    await expect(documentCount(page)).toHaveText("40 objects");
    await page.reload();
    await expect(question).toBeVisible();
  });

  await test.step("kept ones stay, and the question is gone", async () => {
    await page.getByRole("button", { name: "Keep them" }).click();
    await expect(page.getByText("30 documents kept")).toBeVisible();
    await expect(question).toBeHidden();
    await expect(documentCount(page)).toHaveText("40 objects");
  });

  await test.step("still missing later, they are asked about again and removed by one press", async () => {
    await syncAgain(page);
    await expect(question).toBeVisible({ timeout: 40_000 });
    await page.getByRole("button", { name: "Remove 30 documents" }).click();
    await expect(page.getByText("30 documents removed")).toBeVisible();
    await expect(question).toBeHidden();
    await expect(documentCount(page)).toHaveText("10 objects");
    await expect(page.getByText("Needs attention")).toHaveCount(0);
  });
});

test("a connection that fails shows its cause and the way out, and recovers with new credentials", async ({
  page,
  store,
}) => {
  store.object("rotated/one.md", "# One\n\nText.");
  const id = await connectStore(page, store, "Rotated key", "rotated/");
  await syncEnds(page);
  const old = store.accounts;
  store.accounts = [{ accessKeyId: "AKIDROTATED", secretAccessKey: "another/Secret+Key=" }];
  try {
    await syncAgain(page);
    await expect(page.getByText("It needs new credentials")).toBeVisible({ timeout: 40_000 });
    await expect(page.getByText(/the store does not know this access key id/).first()).toBeVisible();
    await expect(page.getByText("Needs reconnecting").first()).toBeVisible();

    await page.goto("/");
    const troubled = page.getByRole("region", { name: "Needs you" }).locator(`[data-connection="${id}"]`);
    await expect(troubled.getByText("Needs reconnecting")).toBeVisible();
    await troubled.getByRole("link", { name: "Rotated key" }).click();

    await page.getByRole("link", { name: "Edit settings" }).click();
    for (const [label, value] of [
      ["Access key ID", "AKIDROTATED"],
      ["Secret access key", "another/Secret+Key="],
    ] as const) {
      await page.getByRole("button", { name: `Replace ${label}` }).click();
      await page.getByLabel(label, { exact: true }).fill(value);
    }
    await page.getByRole("button", { name: "Save changes" }).click();
    await page.waitForURL(`**/connections/${id}`);
    await syncAgain(page);
    await syncEnds(page);
    await expect(page.getByText("It needs new credentials")).toHaveCount(0);
  } finally {
    store.accounts = old;
  }
});
