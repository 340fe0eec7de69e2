import { test as base, expect, type Page } from "@playwright/test";
import { FakeGoogleDrive } from "../lib/connectors/google-drive/fake/server.ts";
import { FakeNotion } from "../lib/connectors/notion/fake/server.ts";
import { FakeOneDrive } from "../lib/connectors/onedrive/fake/server.ts";
import { FakeS3 } from "../lib/connectors/s3/fake/server.ts";
import { FakeWebsite } from "../lib/connectors/web-crawler/fake/website.ts";
import { browser } from "./browser.ts";
import type { FakeOAuth } from "../lib/testing/fake-oauth.ts";
import { oauthApp, product, type Product } from "./product.ts";

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
  readonly notion: FakeNotion;
  readonly drive: FakeGoogleDrive;
  readonly onedrive: FakeOneDrive;
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
  notion: [
    async ({ app }, use) => {
      const notion = await FakeNotion.start({ port: app.notionPort });
      register(notion.oauth, "notion", app);
      await use(notion);
      await notion.close();
    },
    { scope: "worker" },
  ],
  drive: [
    async ({ app }, use) => {
      const drive = await FakeGoogleDrive.start({ port: app.drivePort });
      register(drive.oauth, "google-drive", app);
      await use(drive);
      await drive.close();
    },
    { scope: "worker" },
  ],
  onedrive: [
    async ({ app }, use) => {
      const onedrive = await FakeOneDrive.start({ port: app.onedrivePort, filesPort: app.onedriveFilesPort });
      register(onedrive.oauth, "onedrive", app);
      await use(onedrive);
      await onedrive.close();
    },
    { scope: "worker" },
  ],
  baseURL: async ({ app }, use) => use(app.url),
  complaints: [
    async ({ page, app }, use) => {
      const complaints: string[] = [];
      watch(page, app, complaints);
      await use(complaints);
      expect(complaints).toEqual([]);
    },
    { auto: true },
  ],
});

function register(oauth: FakeOAuth, provider: string, { url }: Product): void {
  oauth.client(oauthApp.clientId, oauthApp.clientSecret, `${url}/v3/connections/auth/callback/${provider}`);
}

function watch(page: Page, app: Product, complaints: string[]): void {
  // where people are sent on purpose; our own pages load nothing from there
  const journeys = [app.notionPort, app.drivePort, app.onedrivePort].map((port) => `http://127.0.0.1:${port}/`);
  page.on("pageerror", (error) => complaints.push(`exception: ${error.message}`));
  page.on("console", (message) => {
    const theirs = journeys.some((origin) => message.location().url.startsWith(origin));
    if (!theirs && (message.type() === "error" || message.type() === "warning"))
      complaints.push(`${message.type()}: ${message.text()} ${message.location().url}`);
  });
  page.on("dialog", (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("request", (request) => {
    const url = request.url();
    const inner = url.startsWith("data:") || url.startsWith("blob:") || url.startsWith(`${app.url}/`);
    const journey = journeys.some((origin) => url.startsWith(origin)) && request.isNavigationRequest();
    if (!inner && !journey) complaints.push(`third party: ${url}`);
  });
}

/** Takes back complaints that a journey provokes on purpose; fails if there was none. */
export function expectComplaint(complaints: string[], pattern: RegExp): void {
  const kept = complaints.filter((complaint) => !pattern.test(complaint));
  expect(kept.length, `a complaint like ${pattern} in ${JSON.stringify(complaints)}`).toBeLessThan(complaints.length);
  complaints.splice(0, complaints.length, ...kept);
}
