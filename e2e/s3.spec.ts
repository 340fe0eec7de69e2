import { expect, test } from "./fixtures.ts";
import { connectStore, figure, fillStore, syncEnds } from "./pages.ts";

const pdfNobodyCanRead = Buffer.from("%PDF-1.7 broken");

test("a bucket is tested, tagged, synced and read", async ({ page, store }) => {
  for (const who of ["ada", "bob"]) {
    for (let n = 1; n <= 5; n++)
      store.object(`team/users/${who}/note-${n}.md`, `# Note ${n} of ${who}\n\nWritten by ${who}.`);
  }
  store.object("team/readme.md", "# Read me\n\nAbout this team.");
  store.object("team/picture.xyz", Buffer.from([0, 1, 2, 3, 4, 5, 6, 7]));
  store.object("team/broken.pdf", pdfNobodyCanRead);

  await page.goto("/connections/new");
  await page.getByRole("link", { name: /S3 bucket/ }).click();
  const secret = page.getByLabel("Secret access key", { exact: true });
  await expect(secret).toHaveAttribute("type", "password");
  await expect(secret).toHaveAttribute("autocomplete", "new-password");

  await test.step("an empty form names every required field and goes to the first", async () => {
    await page.getByRole("button", { name: "Connect and sync" }).click();
    await expect(page.getByLabel("Access key ID", { exact: true })).toBeFocused();
    for (const label of ["Access key ID", "Secret access key", "Bucket", "Region"]) {
      await expect(page.getByLabel(label, { exact: true })).toHaveAttribute("aria-invalid", "true");
    }
  });

  await fillStore(page, store);
  await page.getByLabel("Prefix").fill("team/");

  await test.step("a wrong secret and a wrong bucket are told apart", async () => {
    await secret.fill("wrong");
    await page.getByRole("button", { name: "Test connection" }).click();
    await expect(page.locator("main").getByRole("alert").first()).toBeVisible();
    await expect(page.locator("main").getByRole("alert").first()).toContainText(/secret|signature|credential/i);
    await secret.fill(String(store.metadata["secretAccessKey"]));
    await page.getByLabel("Bucket", { exact: true }).fill("no-such-bucket");
    await page.getByRole("button", { name: "Test connection" }).click();
    await expect(page.getByLabel("Bucket", { exact: true })).toHaveAttribute("aria-invalid", "true");
    await expect(page.getByLabel("Bucket", { exact: true })).toHaveValue("no-such-bucket");
    await page.getByLabel("Bucket", { exact: true }).fill(store.bucket);
  });

  await test.step("the test shows real keys and the tags they would get, while the expression is typed", async () => {
    await page.getByRole("button", { name: "Test connection" }).click();
    const table = page.getByRole("table");
    await expect(table).toContainText("team/users/ada/note-1.md");
    await page.getByLabel("Container tags", { exact: true }).fill("team-docs");
    await page.getByLabel("Container tag from the key").pressSequentially("users/(?<userId>[^/]+)/");
    await expect(table.getByRole("row", { name: /ada\/note-1/ })).toContainText("ada");
    await expect(table.getByRole("row", { name: /readme/ })).toContainText("team-docs");
  });

  await test.step("the same call stands beside it, without the secret", async () => {
    const pane = page.getByRole("region", { name: "The same by API" });
    for (const language of ["curl", "TypeScript", "Python"]) {
      await pane.getByText(language, { exact: true }).click();
      const code = await pane.locator("code").textContent();
      expect(code).toContain("SECRET_ACCESS_KEY");
      expect(code).toContain("team-docs");
      expect(code).toContain("(?<userId>[^/]+)");
      expect(code).not.toContain(String(store.metadata["secretAccessKey"]));
    }
  });

  await page.getByRole("textbox", { name: "Name", exact: true }).fill("Team bucket");
  await page.getByRole("button", { name: "Connect and sync" }).dblclick();
  await page.waitForURL(/just=connected/);
  await expect(page.getByRole("heading", { name: "Last sync" })).toBeVisible({ timeout: 40_000 });
  await expect(figure(page, "new")).toHaveText("11");

  await test.step("one press, one connection", async () => {
    const all: { name: string }[] = await (await page.request.get("/api/console/connections")).json();
    expect(all.filter(({ name }) => name === "Team bucket")).toHaveLength(1);
  });

  await test.step("what was not stored says why and what to do", async () => {
    await page
      .getByRole("navigation", { name: "Connection" })
      .getByRole("link", { name: /Issues/ })
      .click();
    await expect(page.getByText("Type not supported.")).toBeVisible();
    await expect(page.getByText("Convert it to PDF, Office, HTML, Markdown or text, or leave it out.")).toBeVisible();
    await page.getByRole("navigation", { name: "Connection" }).getByRole("link", { name: "Runs" }).click();
    await page.locator("main ul li a[href^='/runs/']").first().click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Sync run");
    await page
      .getByRole("navigation", { name: "Verdict" })
      .getByRole("link", { name: /Skipped/ })
      .click();
    await expect(page).toHaveURL(/verdict=skipped/);
    await expect(page.locator("main").getByText("picture.xyz").first()).toBeVisible();
    await page.reload();
    await expect(page.locator("main").getByText("picture.xyz").first()).toBeVisible();
  });

  await test.step("documents carry the tag of their key", async () => {
    await page.goto("/documents?q=ada");
    await page
      .getByRole("link", { name: /note-1|Note 1/ })
      .first()
      .click();
    await expect(page.getByRole("heading", { level: 1 })).toContainText(/note/i);
    await expect(page.getByText("Written by ada.")).toBeVisible();
    await expect(page.getByRole("list", { name: "Container tags" })).toHaveText("ada");
  });
});

test("a connection is paused, resumed, edited and deleted, and deletion is undone", async ({ page, store, app }) => {
  for (let n = 1; n <= 3; n++) store.object(`life/page-${n}.md`, `# Page ${n}\n\nText ${n}.`);
  const id = await connectStore(page, store, "Life of a connection", "life/");
  await syncEnds(page);

  await test.step("pause and resume", async () => {
    await page.getByRole("button", { name: "Pause" }).click();
    await expect(page.getByText("Nothing is synced until you resume it.")).toBeVisible();
    await expect(page.getByRole("button", { name: "Sync now" })).toHaveCount(0);
    await page.getByRole("button", { name: "Resume" }).click();
    await expect(page.getByRole("button", { name: /Sync(ing…| now)/ })).toBeVisible();
    await syncEnds(page);
  });

  await test.step("the stored secret never comes back to the browser", async () => {
    await page.goto(`/connections/${id}/edit`);
    await expect(page.getByRole("button", { name: "Replace Secret access key" })).toBeVisible();
    expect(await page.content()).not.toContain(String(store.metadata["secretAccessKey"]));
    const body = await (await page.request.get(`/api/console/connections/${id}`)).text();
    expect(body).not.toContain(String(store.metadata["secretAccessKey"]));
  });

  await test.step("an edit is checked, keeps the secret and is stored", async () => {
    await page.getByLabel("Bucket", { exact: true }).fill("no-such-bucket");
    await page.getByRole("button", { name: "Save changes" }).click();
    await expect(page.getByLabel("Bucket", { exact: true })).toHaveAttribute("aria-invalid", "true");
    await page.getByLabel("Bucket", { exact: true }).fill(store.bucket);
    await page.getByLabel("Container tags", { exact: true }).fill("life, docs");
    await page.getByLabel("Sync", { exact: true }).selectOption("3600");
    await page.getByRole("button", { name: "Save changes" }).click();
    await expect(page).toHaveURL(`${app.url}/connections/${id}`);
    await expect(page.getByText("every hour")).toBeVisible();
    await expect(page.getByRole("list", { name: "Container tags" }).first()).toContainText("life");
  });

  await test.step("delete says what happens, and can be undone", async () => {
    await page.getByRole("button", { name: "Delete" }).click();
    const dialog = page.getByRole("dialog", { name: "Delete “Life of a connection”?" });
    await expect(dialog).toBeVisible();
    await page.keyboard.press("Escape");
    await expect(dialog).toBeHidden();
    await expect(page.getByRole("button", { name: "Delete" })).toBeFocused();
    await page.keyboard.press("Enter");
    await expect(dialog.getByRole("button", { name: "Delete connection, keep 3 documents" })).toBeVisible();
    await dialog.getByText("Delete all 3 too").click();
    await dialog.getByRole("button", { name: "Delete connection and 3 documents" }).click();
    await expect(page).toHaveURL(`${app.url}/connections`);
    await expect(page.locator("main")).not.toContainText("Life of a connection");
    await page.getByRole("button", { name: "Undo" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Life of a connection");
    await page
      .getByRole("navigation", { name: "Connection" })
      .getByRole("link", { name: /Documents/ })
      .click();
    await expect(page.locator("main a[href^='/documents/']")).toHaveCount(3);
  });

  await test.step("another tab that still shows it is told, not broken", async () => {
    const other = await page.context().newPage();
    await other.goto(`/connections/${id}/edit`);
    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("button", { name: "Delete connection, keep 3 documents" }).click();
    await expect(page).toHaveURL(`${app.url}/connections`);
    await other.getByRole("button", { name: "Save changes" }).click();
    await expect(other.locator("main").getByRole("alert").first()).toContainText(/not found/i);
    await other.close();
  });
});
