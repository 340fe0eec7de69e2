import { expect, type Page } from "@playwright/test";
import type { FakeS3 } from "../lib/connectors/s3/fake/server.ts";

/** What several journeys do on the way to what they are about. */

export async function connectWebsite(page: Page, startUrl: string, name: string): Promise<string> {
  await page.goto("/connections/new/web-crawler");
  await page.getByLabel("First page").fill(startUrl);
  await page.getByRole("textbox", { name: "Name", exact: true }).fill(name);
  return save(page);
}

export async function fillStore(page: Page, store: FakeS3): Promise<void> {
  const { accessKeyId = "", secretAccessKey = "", bucket = "", region = "", endpoint = "" } = store.metadata;
  await page.getByLabel("Access key ID", { exact: true }).fill(accessKeyId);
  await page.getByLabel("Secret access key", { exact: true }).fill(secretAccessKey);
  await page.getByLabel("Bucket", { exact: true }).fill(bucket);
  await page.getByLabel("Region").fill(region);
  await page.getByLabel("Endpoint").fill(endpoint);
}

export async function connectStore(page: Page, store: FakeS3, name: string, prefix: string): Promise<string> {
  await page.goto("/connections/new/s3");
  await fillStore(page, store);
  await page.getByLabel("Prefix").fill(prefix);
  await page.getByRole("textbox", { name: "Name", exact: true }).fill(name);
  return save(page);
}

/** Saves a connect form and waits for the new connection's page; its id. */
async function save(page: Page): Promise<string> {
  await page.getByRole("button", { name: "Connect and sync" }).click();
  await page.waitForURL(/\/connections\/[0-9A-Za-z]{22}\?just=connected/);
  return /\/connections\/([0-9A-Za-z]{22})/.exec(page.url())?.[1] ?? "";
}

/** The run panel's figure of a verdict. */
export const figure = (page: Page, verdict: string) => page.locator(`[data-count=${verdict}]`).first();

export async function syncEnds(page: Page): Promise<void> {
  await expect(page.getByRole("heading", { name: "Last sync" })).toBeVisible({ timeout: 40_000 });
  await expect(page.getByText("Completed", { exact: true }).first()).toBeVisible();
}
