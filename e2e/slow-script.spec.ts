import { expect, test } from "./fixtures.ts";

test("what is typed before the script arrives stays and counts", async ({ page }) => {
  const release = Promise.withResolvers<void>();
  await page.route("**/*.js", async (route) => {
    await release.promise;
    await route.continue();
  });
  await page.goto("/connections/new/s3", { waitUntil: "commit" });
  const bucket = page.getByLabel("Bucket", { exact: true });
  await bucket.fill("typed-early");
  await page.getByLabel("Container tags", { exact: true }).fill("early-tag");
  await page.getByLabel("Sync", { exact: true }).selectOption("3600");
  release.resolve();

  const code = page.getByRole("region", { name: "The same by API" }).locator("code");
  await expect(code).toContainText("typed-early");
  await expect(code).toContainText("early-tag");
  await expect(bucket).toHaveValue("typed-early");
  await page.getByLabel("Region").fill("eu-test-1");
  await expect(code).toContainText("eu-test-1");
  await page.getByRole("button", { name: "Connect and sync" }).click();
  await expect(page.getByLabel("Access key ID", { exact: true })).toHaveAttribute("aria-invalid", "true");
  await expect(bucket).toHaveValue("typed-early");
  await expect(bucket).not.toHaveAttribute("aria-invalid", "true");
  await expect(page.getByLabel("Sync", { exact: true })).toHaveValue("3600");
});
