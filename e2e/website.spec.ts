import { expect, test } from "./fixtures.ts";
import { connectWebsite, figure, syncEnds } from "./pages.ts";

/** Titles and addresses a hostile site might choose; none may run, be followed, or break the layout. */
const hostile = [
  "<img src=x onerror=alert(1)>",
  "<script>alert(1)</script>",
  "invoice\u202Efdp.exe",
  "W".repeat(200),
  "\u0645\u0631\u062D\u0628\u0627 \u{1F30A}",
];

test("a website is connected, watched live and read", async ({ page, website }) => {
  const chapters = 40;
  for (let n = 1; n <= chapters; n++) {
    website.page(`/guide/${n}`, {
      title: `Chapter ${n}`,
      text: `Step ${n} in detail.`,
      links: n < chapters ? [`/guide/${n + 1}`, `/guide/${n + 2}`] : [],
    });
  }
  website.page("/guide/", {
    title: "Guide",
    text: "A guide in many chapters.",
    links: Array.from({ length: chapters }, (_, n) => `/guide/${n + 1}`),
  });
  website.fault({ kind: "latency", ms: 150, times: 60 });

  const id = await connectWebsite(page, `${website.origin}/guide/`, "The guide");
  await expect(page.getByText("The first sync started by itself")).toBeVisible();

  await test.step("counts rise and never fall", async () => {
    await expect(page.getByRole("heading", { name: "Sync in progress" })).toBeVisible();
    const seen: number[] = [];
    while (await page.getByRole("heading", { name: "Sync in progress" }).isVisible()) {
      const text = await figure(page, "new")
        .textContent({ timeout: 5_000 })
        .catch(() => null);
      if (text) seen.push(Number(text.replace(/\D/g, "")));
      await page.waitForTimeout(100);
    }
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    await expect(page.getByText("%")).toHaveCount(0);
  });
  await syncEnds(page);
  await expect(figure(page, "new")).toHaveText(String(chapters + 1));

  await test.step("its documents can be searched and read", async () => {
    await page
      .getByRole("navigation", { name: "Connection" })
      .getByRole("link", { name: /Documents/ })
      .click();
    await page.getByRole("searchbox").fill("chapter 17");
    await page.getByRole("button", { name: "Search" }).click();
    await expect(page).toHaveURL(/q=chapter\+17/);
    await page.getByRole("link", { name: "Chapter 17" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Chapter 17");
    await expect(page.getByText("Step 17 in detail.")).toBeVisible();
    await expect(page.getByRole("link", { name: /Open the source/ })).toHaveAttribute("rel", /noopener/);
    await page.getByRole("link", { name: "Markdown" }).click();
    await expect(page.getByRole("group", { name: "Markdown of this document" })).toContainText("Step 17 in detail.");
    await page.goBack();
    await page.goBack();
    await expect(page.getByRole("searchbox")).toHaveValue("chapter 17");
  });

  await test.step("a second sync finds everything the same", async () => {
    await page.goto(`/connections/${id}`);
    await page.getByRole("button", { name: "Sync now" }).click();
    await expect(page.getByRole("button", { name: "Syncing…" })).toBeVisible({ timeout: 1_000 });
    await expect(figure(page, "same")).toHaveText(String(chapters + 1));
    await syncEnds(page);
  });
});

test("hostile titles and texts are inert", async ({ page, website }) => {
  website.page("/hostile/", { title: "Hostile", text: "Start.", links: hostile.map((_, n) => `/hostile/${n}`) });
  hostile.forEach((title, n) =>
    website.page(`/hostile/${n}`, {
      title,
      body: `<!doctype html><html><head><title>${title.replaceAll("&", "&amp;").replaceAll("<", "&lt;")}</title></head><body>
<main><h1>Page ${n}</h1><p>Ordinary words, enough of them to count as the main text of this page, said calmly.</p>
<p><a href="javascript:alert(1)">innocent link</a> <img src="http://tracker.invalid/pixel.gif" alt="a pixel"></p>
<p>&lt;script&gt;alert(2)&lt;/script&gt; and <svg onload="alert(3)"></svg> more words.</p></main></body></html>`,
    }),
  );
  const id = await connectWebsite(page, `${website.origin}/hostile/`, `<b onmouseover=alert(1)>hostile \u202Ename</b>`);
  await syncEnds(page);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("<b onmouseover=alert(1)>hostile  name</b>");

  await page.goto(`/connections/${id}/documents`);
  const links = page.locator("main a[href^='/documents/']");
  await expect(links.first()).toBeVisible();
  const addresses = await links.evaluateAll((all) => all.map((link) => link.getAttribute("href") ?? ""));
  expect(addresses.length).toBeGreaterThanOrEqual(hostile.length);
  for (const address of addresses) {
    await page.goto(address);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    expect(await page.locator("article img, article script, article svg, article a[href^='javascript']").count()).toBe(
      0,
    );
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  }
  expect(await page.title()).not.toMatch(/[\u202a-\u202e]/);
});

test("a website that cannot be reached says why, next to its field, and keeps what was typed", async ({
  page,
  app,
}) => {
  await page.goto("/connections/new/web-crawler");
  const start = page.getByLabel("First page");
  await test.step("empty", async () => {
    await page.getByRole("button", { name: "Connect and sync" }).click();
    await expect(start).toBeFocused();
    await expect(start).toHaveAttribute("aria-invalid", "true");
    await expect(start).toHaveAccessibleDescription(/required/i);
  });
  await test.step("nobody listens", async () => {
    await start.fill(`http://127.0.0.1:${app.closedPort}/`);
    await page.getByRole("button", { name: "Test connection" }).click();
    await expect(page.locator("main").getByRole("alert").first()).toBeVisible({ timeout: 20_000 });
    await expect(start).toHaveValue(`http://127.0.0.1:${app.closedPort}/`);
  });
  await test.step("a private address is refused", async () => {
    await start.fill("http://169.254.169.254/latest/meta-data/");
    await page.getByRole("button", { name: "Connect and sync" }).click();
    await expect(page.getByText(/Only public addresses/).first()).toBeVisible();
    await expect(start).toHaveValue("http://169.254.169.254/latest/meta-data/");
  });
});
