import { expect, expectComplaint, owner, test } from "./fixtures.ts";

test.describe.configure({ mode: "serial" });

test("a set-up link that is missing, wrong or used says how to get a new one", async ({ page }) => {
  for (const path of ["/setup", "/setup?token=wrong"]) {
    await page.goto(path);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("This set-up link does not work");
    await expect(page.getByText("it prints a new link")).toBeVisible();
  }
});

test("whoever is not signed in is sent to sign in, and nowhere else afterwards", async ({ page, app }) => {
  await page.goto("/connections/new");
  await expect(page).toHaveURL(`${app.url}/login?next=%2Fconnections%2Fnew`);
  await page.goto("/login?next=https://evil.example/");
  await expect(page.getByText("Welcome back.")).toBeVisible();
});

test("the one-time link makes the owner, shows the first key once and leads to the first-run page", async ({
  page,
  app,
  context,
}) => {
  await page.goto(app.setupUrl);
  await test.step("wrong input stays and is named next to its field", async () => {
    await page.getByLabel("Organization").fill(owner.organization);
    await page.getByLabel("E-mail").fill("ada");
    await page.getByLabel("Password", { exact: true }).fill("short");
    await expect(page.getByText("5 more characters.")).toBeVisible();
    await page.getByRole("button", { name: "Create account" }).click();
    await expect(page.getByLabel("E-mail")).toBeFocused();
    await expect(page.getByLabel("E-mail")).toHaveAccessibleDescription(/Enter an e-mail address/);
    await expect(page.getByLabel("Organization")).toHaveValue(owner.organization);
  });
  await page.getByLabel("E-mail").fill(owner.email);
  await page.getByLabel("Password", { exact: true }).fill(owner.password);
  await expect(page.getByText("Strong.")).toBeVisible();
  await page.getByRole("button", { name: "Create account" }).click();

  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Your first API key");
  const key = await page.getByTestId("api-key").textContent();
  expect(key).toMatch(/^sm_\S{20,}$/);
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.getByRole("button", { name: "Copy: API key" }).click();
  await expect(page.getByRole("button", { name: "Copy: API key" })).toHaveText("Copied");
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(key);
  const reply = await page.request.get(`${app.url}/v3/connections/list`, {
    headers: { authorization: `Bearer ${key}` },
  });
  expect([200, 405]).toContain(reply.status());

  await page.getByRole("button", { name: "I have stored it" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Connect your first source");
  await expect(page.getByRole("link", { name: /S3 bucket/ })).toBeVisible();
  await expect(page.getByRole("link", { name: /Website/ })).toBeVisible();
  await page.goto("/keys");
  expect(await page.content()).not.toContain(key);

  await test.step("the link does not work twice", async () => {
    await page.goto(app.setupUrl);
    await expect(page).toHaveURL(`${app.url}/`);
  });
});

test("signing in and out", async ({ page, app, complaints }) => {
  await page.goto("/connections");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByLabel("E-mail")).toBeFocused();
  await page.getByLabel("E-mail").fill(owner.email);
  await page.getByLabel("Password", { exact: true }).fill("not the password");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.locator("main").getByRole("alert")).toContainText("do not belong together");
  await expect(page.getByLabel("E-mail")).toHaveValue(owner.email);
  expectComplaint(complaints, /status of 401/);
  await page.getByLabel("Password", { exact: true }).fill(owner.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(`${app.url}/connections`);

  const [session] = (await page.context().cookies()).filter(({ name }) => name.endsWith("tributary.session"));
  expect(session).toMatchObject({ httpOnly: true, sameSite: "Lax" });

  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page).toHaveURL(/\/login/);
  await page.goto("/keys");
  await expect(page).toHaveURL(/\/login\?next=%2Fkeys/);
  const refused = await page.request.get("/api/console/connections");
  expect(refused.status()).toBe(401);
  expect(refused.headers()["cache-control"]).toBe("no-store");
});

test("the session for the other journeys", async ({ page }) => {
  await page.goto("/login");
  await page.getByLabel("E-mail").fill(owner.email);
  await page.getByLabel("Password", { exact: true }).fill(owner.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Connect your first source");
  await page.context().storageState({ path: "test-results/session.json" });
});
