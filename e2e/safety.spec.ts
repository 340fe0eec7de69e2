import { expect, expectComplaint, test } from "./fixtures.ts";
import { connectWebsite, syncEnds } from "./pages.ts";

test("a server action runs only for this console's own pages and people (T03)", async ({
  page,
  app,
  website,
  playwright,
}) => {
  website.page("/actions/", { title: "Actions", text: "One page." });
  const id = await connectWebsite(page, `${website.origin}/actions/`, "Actions");
  await syncEnds(page);
  const sent = page.waitForRequest((request) => request.method() === "POST" && "next-action" in request.headers());
  await page.getByRole("button", { name: "Pause" }).click();
  const request = await sent;
  await expect(page.getByRole("button", { name: "Resume" })).toBeVisible();
  await page.getByRole("button", { name: "Resume" }).click();
  await expect(page.getByRole("button", { name: "Pause" })).toBeVisible();

  const { cookies } = await page.context().storageState();
  const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
  const headers = {
    "next-action": request.headers()["next-action"] ?? "",
    "content-type": "text/plain;charset=UTF-8",
    accept: "text/x-component",
  };
  const api = await playwright.request.newContext({ storageState: { cookies: [], origins: [] } });
  const attempts: Readonly<Record<string, Record<string, string>>> = {
    "no Origin": { cookie },
    "a null Origin": { cookie, origin: "null" },
    "a foreign Origin": { cookie, origin: "https://evil.example" },
    "a foreign Origin with forged X-Forwarded-Host": {
      cookie,
      origin: "https://evil.example",
      "x-forwarded-host": "evil.example",
    },
    "nobody signed in": { origin: app.url },
  };
  for (const [name, extra] of Object.entries(attempts)) {
    const reply = await api.post(request.url(), {
      headers: { ...headers, ...extra },
      data: request.postData() ?? "",
      maxRedirects: 0,
    });
    expect(reply.status(), name).toBe(403);
  }
  // the same action from another page of ours is still this action, with this person's rights
  const view: { state: string } = await (await page.request.get(`/api/console/connections/${id}`)).json();
  expect(view.state).toBe("active");
});

test("sign-in endpoints beyond those in use do not exist", async ({ page, app }) => {
  for (const path of ["signin", "session", "providers", "error", "callback/github", "_log"]) {
    expect((await page.request.get(`/api/auth/${path}`)).status(), path).toBe(404);
  }
  const foreign = await page.request.post("/api/auth/callback/credentials", {
    headers: { origin: "https://evil.example" },
    form: {},
  });
  expect(foreign.status()).toBe(403);
  expect((await page.request.get(`${app.url}/api/auth/csrf`)).status()).toBe(200);
});

test("a lost server is said, and the view comes back by itself", async ({ page, complaints }) => {
  await page.goto("/connections");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Connections");
  await page.route("**/api/console/**", (route) => route.fulfill({ status: 500, body: "{}" }));
  // until the page listens
  await expect(async () => {
    await page.evaluate(() => ["offline", "online"].forEach((name) => window.dispatchEvent(new Event(name))));
    await expect(page.getByText("Reconnecting…")).toBeVisible({ timeout: 500 });
  }).toPass();
  await page.unroute("**/api/console/**");
  await expect(page.getByText("Reconnecting…")).toBeHidden({ timeout: 20_000 });
  expectComplaint(complaints, /status of 500/);
});

test("an action the server does not answer rolls back and says so", async ({ page, complaints }) => {
  await page.goto("/connections");
  const row = page.locator("[data-connection]").filter({ hasText: "Actions" });
  await page.route("**/connections", async (route) => {
    if (route.request().method() !== "POST") return route.continue();
    await new Promise((resolve) => setTimeout(resolve, 600));
    await route.abort();
  });
  await row.getByRole("button", { name: /Sync .* now/ }).click();
  await expect(row.getByText("Syncing…")).toBeVisible({ timeout: 500 });
  await expect(page.getByText(/was not synced/)).toBeVisible();
  await expect(row.getByText("Syncing…")).toBeHidden();
  expectComplaint(complaints, /ERR_FAILED/);
});

test("pages weigh at most 180 kB of script", async ({ page, app }, info) => {
  const { gzipSync } = await import("node:zlib");
  const id = /\/connections\/([0-9A-Za-z]{22})/;
  await page.goto("/connections");
  const one =
    id.exec((await page.locator("main a[href^='/connections/']").last().getAttribute("href")) ?? "")?.[0] ?? "";
  const paths = ["/", "/connections", "/connections/new/s3", "/connections/new/notion", one, `${one}/edit`];
  const others = ["/documents", "/runs", "/keys", "/settings", "/settings/oauth/notion"];
  for (const path of [...paths, ...others, "/login", "/connect/problem/unknown"]) {
    if (path === "/login") await page.context().clearCookies();
    const scripts = new Set<string>();
    const listen = (request: { url(): string }) => {
      if (new URL(request.url()).pathname.endsWith(".js")) scripts.add(request.url());
    };
    page.on("request", listen);
    await page.goto(path, { waitUntil: "networkidle" });
    page.off("request", listen);
    let weight = 0;
    for (const url of scripts) weight += gzipSync(await (await page.request.get(url)).body()).length;
    info.annotations.push({ type: "script", description: `${path} ${weight} bytes` });
    expect(scripts.size, `${path} of ${app.url}`).toBeGreaterThan(2);
    expect(weight, path).toBeLessThanOrEqual(180_000);
  }
});

test("nothing is served beyond the product: no files, sources, maps or tools of its makers (T06)", async ({
  page,
  app,
}) => {
  const scripts = new Set<string>();
  page.on("request", (request) => {
    if (new URL(request.url()).pathname.endsWith(".js")) scripts.add(request.url());
  });
  await page.goto("/", { waitUntil: "networkidle" });
  expect(scripts.size).toBeGreaterThan(2);
  for (const url of scripts) {
    expect(await (await page.request.get(url)).text(), url).not.toContain("sourceMappingURL");
    expect((await page.request.get(`${url}.map`)).status(), url).toBe(404);
  }
  for (const path of [
    "/.env",
    "/.env.local",
    "/.git/config",
    "/.next/BUILD_ID",
    "/package.json",
    "/next.config.ts",
    "/prisma/schema.prisma",
    "/secrets.json",
    "/.data/secrets.json",
    "/_next/image?url=%2Ficon.svg&w=64&q=75",
    "/_next/webpack-hmr",
    "/_next/../.env",
    "/_next/%2e%2e/%2e%2e/.env",
    "/_next/static/../../.env",
    "/__nextjs_original-stack-frame",
    "/__nextjs_source-map",
    "/__nextjs_error_feedback",
    "/_error",
    "/api/console",
    "/server.js",
  ]) {
    const reply = await page.request.get(app.url + path, { maxRedirects: 0 });
    // A path that is not in its shortest form may first be sent to the one that is.
    expect([400, 404, 308], path).toContain(reply.status());
    expect(await reply.text(), path).not.toMatch(/DATABASE_URL|SEALING_KEYS|generator client|"dependencies"/);
  }
});
