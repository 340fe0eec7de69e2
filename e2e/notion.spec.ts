import { fillDemo } from "../lib/connectors/notion/fake/demo.ts";
import { accountJourneys, accountTest, connectAccount } from "./account-journeys.ts";
import { expect } from "./fixtures.ts";
import { figure, syncEnds } from "./pages.ts";

const test = accountTest.extend({
  source: async ({ notion }, use) => {
    if (notion.workspace.pages.size === 0) fillDemo(notion.workspace, 0);
    await use({
      id: "notion",
      name: "Notion",
      signIn: "Sign in to Notion",
      oauth: notion.oauth,
      account: "Lighthouse Works (ada@example.com)",
      documents: 6,
      fill: () => Promise.resolve(),
    });
  },
});

accountJourneys(test);

test("pages and rows are read with their properties, and an edit arrives with the next sync", async ({
  page,
  source,
  notion,
}) => {
  const id = await connectAccount(page, source, "Handbook of the keepers");
  await expect(figure(page, "new")).toHaveText(String(source.documents));

  await test.step("how complete it is stands with the run", async () => {
    await expect(page.getByText(/found by search/i)).toBeVisible();
  });

  await test.step("a row carries its properties", async () => {
    await page.goto(`/connections/${id}/documents`);
    await page.getByRole("link", { name: "North rock" }).click();
    await expect(page.getByText("North rock was built in 1872.")).toBeVisible();
    await expect(page.getByRole("main")).toContainText("1872");
  });

  await test.step("an edit", async () => {
    notion.workspace.edit("handbook", { title: "Handbook of all keepers" });
    await page.goto(`/connections/${id}`);
    await page.getByRole("button", { name: "Sync now" }).click();
    await expect(figure(page, "changed")).toHaveText("1");
    await syncEnds(page);
    await page.goto(`/connections/${id}/documents`);
    await expect(page.getByRole("link", { name: "Handbook of all keepers" })).toBeVisible();
  });
});
