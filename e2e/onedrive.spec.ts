import { fillDemo } from "../lib/connectors/onedrive/fake/demo.ts";
import { accountJourneys, accountTest, ada, continueToProvider, decide } from "./account-journeys.ts";
import { expect } from "./fixtures.ts";
import { figure, syncEnds } from "./pages.ts";
import { oauthApp } from "./product.ts";

const test = accountTest.extend({
  source: async ({ onedrive }, use) => {
    const drive = onedrive.drive("ada");
    if (drive.childrenOf(drive.root).length === 0) fillDemo(drive, 0);
    await use({
      id: "onedrive",
      name: "OneDrive",
      signIn: "Sign in to Microsoft account",
      oauth: onedrive.oauth,
      account: ada,
      documents: 6,
      fill: async (page) => void (await page.getByLabel("What to sync").selectOption("full")),
    });
  },
});

// the first one sets the provider up for the others
test.describe.configure({ mode: "serial" });

test("a provider that nobody has set up says so, and an owner does it from there", async ({ page, source }) => {
  await page.goto("/connections/new/onedrive");
  await expect(page.getByText("OneDrive is not set up yet")).toBeVisible();
  await expect(page.getByRole("button", { name: "Continue to OneDrive" })).toHaveCount(0);

  await page.goto("/connections/new");
  const tile = page.getByRole("main").getByRole("link", { name: /^OneDrive\b/ });
  await expect(tile).toContainText("Needs set-up");
  await tile.click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("OAuth app for OneDrive");
  await expect(page.getByText("/v3/connections/auth/callback/onedrive").first()).toBeVisible();
  await page.getByLabel("Client id", { exact: true }).fill(oauthApp.clientId);
  await page.getByLabel("Client secret", { exact: true }).fill("not-the-secret");
  await page.getByRole("button", { name: "Save app" }).click();

  // A set-up that cannot work does not look as if it did, on any page.
  const refused = "OneDrive does not accept this app’s id and secret";
  await expect(page.getByText(refused)).toBeVisible();
  await page.goto("/connections/new");
  await expect(tile).toContainText("App not accepted");
  await page.goto("/settings");
  await page.getByRole("link", { name: new RegExp(refused) }).click();
  await page.getByRole("button", { name: "Replace client secret" }).click();
  await page.getByLabel("Client secret", { exact: true }).fill(oauthApp.clientSecret);
  await page.getByRole("button", { name: "Save app" }).click();
  await expect(page.getByText("New connections use your organization’s own app")).toBeVisible();
  expect(await page.content()).not.toContain(oauthApp.clientSecret);

  await page.goto("/connections/new");
  await expect(tile).not.toContainText("Needs set-up");
  await expect(tile).not.toContainText("App not accepted");
  await tile.click();
  await expect(page.getByRole("button", { name: `Continue to ${source.name}` })).toBeVisible();
});

accountJourneys(test);

test("only the chosen folder is synced, and the choice can be changed", async ({ page, source }) => {
  await page.goto("/connections/new/onedrive");
  await continueToProvider(
    page,
    { ...source, fill: async (form) => void (await form.getByLabel("What to sync").selectOption("selected")) },
    "Chosen folder",
  );
  await decide(page, source, ada, "Allow");
  await page.waitForURL(/\?just=connected$/);
  await expect(page.getByText("Connected: one step is left")).toBeVisible();
  await expect(page.getByRole("button", { name: "Sync now" })).toHaveCount(0);
  await page.getByRole("main").getByRole("link", { name: "Choose what to sync" }).first().click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Choose what to sync");
  await page.getByRole("checkbox", { name: "Choose Handbook" }).check();
  await page.getByRole("button", { name: "Save and sync" }).click();
  await syncEnds(page);
  await expect(figure(page, "new")).toHaveText("3");

  await page.getByRole("link", { name: "Change what is synced" }).click();
  await page.getByRole("button", { name: "Take Handbook away" }).click();
  await page.getByRole("button", { name: "Open Plans" }).click();
  await page.getByRole("checkbox", { name: "Choose Budget.xlsx" }).check();
  await page.getByRole("button", { name: "Save and sync" }).click();
  await syncEnds(page);
  await expect(page.getByRole("definition").filter({ hasText: /^1 file$/ })).toBeVisible();
});
