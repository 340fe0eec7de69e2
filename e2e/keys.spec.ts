import { expect, test } from "./fixtures.ts";

test("a key is made, shown once, used and revoked", async ({ page, app }) => {
  await page.goto("/keys");
  await page.getByRole("button", { name: "New key" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toHaveAccessibleName("New API key");
  await dialog.getByRole("button", { name: "Create key" }).click();
  await expect(dialog.getByLabel("Name")).toBeFocused();
  await expect(dialog.getByLabel("Name")).toHaveAccessibleDescription(/Give it a name/);
  await dialog.getByLabel("Name").fill("Support bot");
  await dialog.getByRole("button", { name: "Create key" }).click();
  await expect(dialog).toHaveAccessibleName("Your new API key");
  const key = (await page.getByTestId("api-key").textContent()) ?? "";

  await page.keyboard.press("Escape");
  await expect(dialog, "a key that is shown once does not vanish by accident").toBeVisible();
  await dialog.getByRole("button", { name: "I have stored it" }).click();
  await expect(page.getByText("Support bot").first()).toBeVisible();

  const call = () =>
    page.request.get(`${app.url}/v3/connections/aaaaaaaaaaaaaaaaaaaaaa`, {
      headers: { authorization: `Bearer ${key}` },
    });
  expect((await call()).status()).toBe(404);

  await page.getByRole("button", { name: "Revoke Support bot" }).click();
  await page.getByRole("button", { name: `Revoke key …${key.slice(-4)}` }).click();
  await expect(
    page.getByRole("listitem").filter({ hasText: "Support bot" }).getByText("Revoked", { exact: true }),
  ).toBeVisible();
  expect((await call()).status()).toBe(401);
});
