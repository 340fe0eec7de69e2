import type { Page } from "@playwright/test";
import { expectAccessible } from "./axe.ts";
import { expireKeys } from "./database.ts";
import { expect, expectComplaint, test } from "./fixtures.ts";

/** Makes a key in the open console and answers its secret. */
async function makeKey(page: Page, name: string, fill: () => Promise<void> = async () => {}): Promise<string> {
  await page.goto("/keys");
  await page.getByRole("button", { name: "New key" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill(name);
  await fill();
  await dialog.getByRole("button", { name: "Create key" }).click();
  return readSecret(page, "Your new API key");
}

/** The secret that the dialog shows this one time. */
async function readSecret(page: Page, title: string): Promise<string> {
  const dialog = page.getByRole("dialog");
  await expect(dialog).toHaveAccessibleName(title);
  const key = (await page.getByTestId("api-key").textContent()) ?? "";
  expect(key).toMatch(/^sm_[\w-]{43}$/);
  return key;
}

const stored = (page: Page) => page.getByRole("dialog").getByRole("button", { name: "I have stored it" }).click();
const row = (page: Page, name: string) => page.getByRole("listitem").filter({ hasText: name });

/** The status a key gets for a request of each scope. */
async function may(page: Page, url: string, key: string): Promise<Record<"read" | "write" | "connections", number>> {
  const headers = { authorization: `Bearer ${key}` };
  const id = "aaaaaaaaaaaaaaaaaaaaaa";
  const [read, write, connections] = await Promise.all([
    page.request.get(`${url}/v3/documents/${id}`, { headers }),
    page.request.delete(`${url}/v3/documents/${id}`, { headers }),
    page.request.delete(`${url}/v3/connections/${id}`, { headers }),
  ]);
  return { read: read.status(), write: write.status(), connections: connections.status() };
}

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
  const key = await readSecret(page, "Your new API key");

  await page.keyboard.press("Escape");
  await expect(dialog, "a key that is shown once does not vanish by accident").toBeVisible();
  for (const language of ["curl", "TypeScript", "Python"]) {
    await dialog.getByRole("radio", { name: language }).check();
    const example = dialog.getByRole("group", { name: `${language} example` });
    await expect(example).toContainText("TRIBUTARY_API_KEY");
    await expect(example).not.toContainText(key.slice(3));
  }
  await stored(page);
  await expect(row(page, "Support bot")).toContainText("Everything");
  expect(await page.content(), "the secret is nowhere in the page any more").not.toContain(key.slice(3));

  expect(await may(page, app.url, key)).toEqual({ read: 404, write: 404, connections: 404 });
  await page.reload();
  await expect(row(page, "Support bot")).toContainText("last used");

  await page.getByRole("button", { name: "Revoke Support bot" }).click();
  await page.getByRole("button", { name: `Revoke key …${key.slice(-4)}` }).click();
  await expect(row(page, "Support bot")).toHaveCount(0);
  expect(await may(page, app.url, key)).toEqual({ read: 401, write: 401, connections: 401 });
  await page.getByRole("link", { name: /^Show (the|\d+) revoked key/ }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Revoked API keys");
  await expect(row(page, "Support bot").getByText("Revoked", { exact: true })).toBeVisible();
});

test("a key for one container has its limit and its end, and no connections", async ({ page, app }) => {
  const dialog = page.getByRole("dialog");
  const key = await makeKey(page, "Tenant app", async () => {
    await dialog.getByLabel("Only one container").fill("user 42");
    await expect(dialog.getByRole("checkbox", { name: /Connections/ })).toBeDisabled();
    await dialog.getByLabel("Limit", { exact: true }).fill("0");
    await dialog.getByRole("button", { name: "Create key" }).click();
    await expect(dialog.getByLabel("Only one container")).toHaveAccessibleDescription(/Use letters, digits/);
    await expect(dialog.getByLabel("Limit", { exact: true })).toHaveAccessibleDescription(/whole number from 1/);
    await dialog.getByLabel("Only one container").fill("user_42");
    await dialog.getByLabel("Limit", { exact: true }).fill("3");
    await dialog.getByLabel("Limit per").selectOption("an hour");
    await dialog.getByLabel("Valid for").selectOption("30 days");
  });
  await stored(page);
  const tenant = row(page, "Tenant app");
  await expect(tenant).toContainText("Read and write in user_42 only");
  await expect(tenant).toContainText("3 requests an hour");
  await expect(tenant).toContainText("expires in 30 days");
  expect(await may(page, app.url, key)).toEqual({ read: 404, write: 404, connections: 403 });
  expect(await may(page, app.url, key)).toEqual({ read: 429, write: 429, connections: 429 });
});

test("what a key may do is changed in place, and counts from the next request on", async ({ page, app }) => {
  const key = await makeKey(page, "Reader to be");
  await stored(page);
  await page.getByRole("button", { name: "Change Reader to be" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByLabel("Name")).toHaveValue("Reader to be");
  await dialog.getByLabel("Name").fill("Reader");
  for (const scope of [/^Read/, /^Write/, /^Connections/])
    await dialog.getByRole("checkbox", { name: scope }).uncheck();
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog.getByText("Choose at least one.")).toBeVisible();
  await dialog.getByRole("checkbox", { name: /^Read/ }).check();
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog).toHaveCount(0);
  await expect(page.getByRole("listitem").filter({ hasText: /^Reader/ })).toContainText("Read");
  expect(await may(page, app.url, key)).toEqual({ read: 404, write: 403, connections: 403 });
});

test("a key is rotated by keyboard: the old secret goes on for a day, or stops at once", async ({ page, app }) => {
  const first = await makeKey(page, "Rolling");
  await stored(page);
  await page.getByRole("button", { name: "Rotate Rolling" }).focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog");
  await expect(dialog).toHaveAccessibleName("Rotate “Rolling”?");
  await expect(dialog.getByRole("radio", { name: /another day/ })).toBeChecked();
  await dialog.getByRole("button", { name: "Rotate key" }).focus();
  await page.keyboard.press("Enter");
  const second = await readSecret(page, "The new secret");
  await stored(page);
  await expect(page.getByRole("button", { name: "Rotate Rolling" })).toBeFocused();
  await expect(row(page, "Rolling")).toContainText("The old secret works until");
  for (const key of [first, second]) expect((await may(page, app.url, key)).read).toBe(404);

  await page.getByRole("button", { name: "Rotate Rolling" }).click();
  await dialog.getByRole("radio", { name: /Stops at once/ }).check();
  await dialog.getByRole("button", { name: "Rotate key" }).click();
  const third = await readSecret(page, "The new secret");
  await stored(page);
  expect(await Promise.all([first, second, third].map(async (key) => (await may(page, app.url, key)).read))).toEqual([
    401, 401, 404,
  ]);
  await expect(row(page, "Rolling")).not.toContainText("The old secret works until");
});

test("a key whose time is over says so, is refused, and can only be revoked", async ({ page, app }) => {
  const key = await makeKey(page, "Trial");
  await stored(page);
  await expireKeys(app, "Trial");
  await page.reload();
  const trial = row(page, "Trial");
  await expect(trial.getByText("Expired", { exact: true })).toBeVisible();
  await expect(trial.getByRole("button")).toHaveText(["Revoke"]);
  expect((await may(page, app.url, key)).read).toBe(401);
});

test("a server that cannot be reached is said in the dialog, and nothing typed is lost", async ({
  page,
  complaints,
}) => {
  await page.goto("/keys");
  await page.getByRole("button", { name: "New key" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("Not yet");
  await dialog.getByRole("checkbox", { name: /^Write/ }).uncheck();
  await page.context().setOffline(true);
  await dialog.getByRole("button", { name: "Create key" }).click();
  await expect(dialog.getByRole("alert")).toContainText("You are offline.");
  await page.context().setOffline(false);
  expectComplaint(complaints, /ERR_INTERNET_DISCONNECTED|Failed to load/);
  await expect(dialog.getByLabel("Name")).toHaveValue("Not yet");
  await expect(dialog.getByRole("checkbox", { name: /^Write/ })).not.toBeChecked();
  await dialog.getByRole("button", { name: "Create key" }).click();
  await readSecret(page, "Your new API key");
  await stored(page);
  await expect(row(page, "Not yet")).toContainText("Read and connections");
});

test("of two tabs that revoke the same key the second one says plainly that it is gone (T07)", async ({ page }) => {
  await makeKey(page, "Two tabs");
  await stored(page);
  const other = await page.context().newPage();
  await other.goto("/keys");
  for (const tab of [page, other]) {
    await tab.getByRole("button", { name: "Revoke Two tabs" }).click();
    await tab.getByRole("button", { name: /^Revoke key …/ }).click();
    if (tab === page) await expect(row(page, "Two tabs")).toHaveCount(0);
  }
  const said = other.getByRole("dialog").getByRole("alert");
  await expect(said).toContainText("Key not found");
  await expect(said).toContainText("or it was revoked");
  await other.close();
});

test("hundreds of keys are looked through page by page", async ({ page, app }) => {
  const maker = await makeKey(page, "Maker");
  await stored(page);
  const made = await Promise.all(
    Array.from({ length: 70 }, async (_, n) =>
      page.request.post(`${app.url}/v3/auth/scoped-key`, {
        headers: { authorization: `Bearer ${maker}` },
        data: { containerTag: `crowd_${n}`, name: `Crowd ${n}` },
      }),
    ),
  );
  expect(new Set(made.map((reply) => reply.status()))).toEqual(new Set([200]));
  await page.reload();
  const rows = page.getByRole("list", { name: "API keys" }).getByRole("listitem");
  await expect(rows).toHaveCount(50);
  await page.getByRole("link", { name: "Older" }).click();
  await expect(page).toHaveURL(/after=/);
  await expect(row(page, "Maker")).toBeVisible();
  await page.getByRole("link", { name: "Back to the newest" }).click();
  await expect(rows).toHaveCount(50);
  await Promise.all(
    made.map(async (reply) =>
      page.request.delete(`${app.url}/v3/auth/scoped-key/${((await reply.json()) as { id: string }).id}`, {
        headers: { authorization: `Bearer ${maker}` },
      }),
    ),
  );
});

test("the dialogs and lists of keys have no accessibility fault", async ({ page }) => {
  test.setTimeout(180_000);
  await makeKey(page, "Looked at");
  await stored(page);
  const dialog = page.getByRole("dialog");
  await page.goto("/keys?show=revoked");
  await expectAccessible(page);
  await page.goto("/keys");
  await expectAccessible(page);
  for (const verb of ["Change", "Rotate", "Revoke"]) {
    await page.getByRole("button", { name: `${verb} Looked at` }).click();
    await expect(dialog.getByRole("button", { name: "Cancel" })).toBeVisible();
    await expectAccessible(page);
    await page.keyboard.press("Escape");
    await expect(page.getByRole("button", { name: `${verb} Looked at` })).toBeFocused();
  }
  await page.getByRole("button", { name: "Rotate Looked at" }).click();
  await dialog.getByRole("button", { name: "Rotate key" }).click();
  await readSecret(page, "The new secret");
  await expectAccessible(page);
  await stored(page);
});
