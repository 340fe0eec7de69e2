import { fillDemo } from "../lib/connectors/google-drive/fake/demo.ts";
import { accountJourneys, accountTest, ada, continueToProvider, decide } from "./account-journeys.ts";
import { expect } from "./fixtures.ts";
import { figure, syncEnds } from "./pages.ts";

const test = accountTest.extend({
  source: async ({ drive }, use) => {
    if (drive.store.files.size === 0) fillDemo(drive.store);
    await use({
      id: "google-drive",
      name: "Google Drive",
      signIn: "Sign in to Google",
      oauth: drive.oauth,
      account: "ada@example.com",
      documents: 8,
      fill: async (page) => void (await page.getByLabel("What to sync").selectOption("full")),
    });
  },
});

accountJourneys(test);

test("nothing is read before files and folders are chosen, and then only those are", async ({
  page,
  source,
  drive,
}) => {
  await continueToProvider(page, { ...source, fill: () => Promise.resolve() }, "Chosen files");
  await decide(page, source, ada, "Allow");
  await page.waitForURL(/\?just=connected$/);
  await expect(page.getByText("Connected: one step is left")).toBeVisible();
  await expect(page.getByRole("button", { name: "Sync now" })).toHaveCount(0);
  drive.clear();

  await page.getByRole("main").getByRole("link", { name: "Choose what to sync" }).first().click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Choose what to sync");
  await test.step("nothing chosen is said, not saved", async () => {
    await page.getByRole("button", { name: "Save and sync" }).click();
    await expect(page.getByRole("main").getByRole("alert")).toContainText("Choose at least one");
  });
  await test.step("folders open, a name is found, what is chosen stays beside it", async () => {
    await page.getByRole("button", { name: "Open My Drive" }).click();
    await page.getByRole("button", { name: "Open Handbook" }).click();
    await expect(page.getByRole("checkbox", { name: "Choose How we work" })).toBeVisible();
    await page.getByRole("navigation", { name: "Folder" }).getByRole("button", { name: "My Drive" }).click();
    await page.getByRole("checkbox", { name: "Choose Handbook" }).check();
    await page.getByRole("searchbox", { name: "Find files and folders by name" }).fill("price");
    await page.getByRole("list", { name: "Found" }).getByRole("checkbox", { name: "Choose Price list" }).check();
    const chosen = page.getByRole("region", { name: "Chosen" });
    await expect(chosen).toContainText("Handbook");
    await expect(chosen).toContainText("Price list");
  });
  expect(drive.counts.reads).toBe(0);
  await page.getByRole("button", { name: "Save and sync" }).click();
  await syncEnds(page);
  // How we work, Travel policy, the target of the shortcut in there, and Price list
  await expect(figure(page, "new")).toHaveText("4");

  await test.step("a file that is put into a chosen folder arrives", async () => {
    const handbook = [...drive.store.files.values()].find(({ name }) => name === "Handbook");
    drive.add({ name: "Added later.txt", parent: handbook?.id ?? "", body: { text: "Added after choosing." } });
    await page.getByRole("button", { name: "Sync now" }).click();
    await expect(figure(page, "new")).toHaveText("1");
    await syncEnds(page);
  });

  await test.step("what is taken away goes with the next sync", async () => {
    await page.getByRole("link", { name: "Change what is synced" }).click();
    await page.getByRole("button", { name: "Take Handbook away" }).click();
    await expect(page.getByText(/You took “Handbook” away/)).toBeVisible();
    await page.getByRole("button", { name: "Save and sync" }).click();
    await expect(page.getByRole("definition").filter({ hasText: /^1 file$/ })).toBeVisible({ timeout: 40_000 });
  });
});
