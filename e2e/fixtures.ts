import { test as base, expect, type Page } from "@playwright/test";
import { FakeS3 } from "../lib/connectors/s3/fake/server.ts";
import { FakeWebsite } from "../lib/connectors/web-crawler/fake/website.ts";
import { browser } from "./browser.ts";
import { product, type Product } from "./product.ts";

export { expect };

export const owner = { organization: "Acme", email: "ada@example.com", password: "river-lantern-oblique" } as const;

interface TestFixtures {
  readonly skipWithoutBrowser: void;
  /** messages a page must not give: errors, exceptions, policy violations, failed requests to ourselves */
  readonly complaints: string[];
}

interface WorkerFixtures {
  readonly app: Product;
  readonly website: FakeWebsite;
  readonly store: FakeS3;
}

export const test = base.extend<TestFixtures, WorkerFixtures>({
  skipWithoutBrowser: [
    // oxlint-disable-next-line no-empty-pattern -- Playwright reads the pattern
    async ({}, use, info) => {
      info.skip(browser.missing !== undefined, browser.missing);
      await use();
    },
    { auto: true },
  ],
  // oxlint-disable-next-line no-empty-pattern -- Playwright reads the pattern
  app: [async ({}, use) => use(product()), { scope: "worker" }],
  website: [
    async ({ app }, use) => {
      const site = await FakeWebsite.start({ port: app.websitePort });
      await use(site);
      await site.close();
    },
    { scope: "worker" },
  ],
  store: [
    async ({ app }, use) => {
      const store = await FakeS3.start({ port: app.storePort });
      await use(store);
      await store.close();
    },
    { scope: "worker" },
  ],
  baseURL: async ({ app }, use) => use(app.url),
  complaints: [
    async ({ page, app }, use) => {
      const complaints: string[] = [];
      watch(page, app.url, complaints);
      await use(complaints);
      expect(complaints).toEqual([]);
    },
    { auto: true },
  ],
});

function watch(page: Page, origin: string, complaints: string[]): void {
  page.on("pageerror", (error) => complaints.push(`exception: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning")
      complaints.push(`${message.type()}: ${message.text()}`);
  });
  page.on("dialog", (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(origin) && !url.startsWith("data:") && !url.startsWith("blob:"))
      complaints.push(`third party: ${url}`);
  });
}

/** Takes back complaints that a journey provokes on purpose; fails if there was none. */
export function expectComplaint(complaints: string[], pattern: RegExp): void {
  const kept = complaints.filter((complaint) => !pattern.test(complaint));
  expect(kept.length, `a complaint like ${pattern} in ${JSON.stringify(complaints)}`).toBeLessThan(complaints.length);
  complaints.splice(0, complaints.length, ...kept);
}
