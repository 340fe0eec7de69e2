import { defineConfig, devices } from "@playwright/test";
import { browser, launchArguments } from "./e2e/browser.ts";

/**
 * Journeys through the real product in a real browser. `setup` makes the owner account by the one-time link and keeps
 * the session; everything else depends on it.
 */
export default defineConfig({
  testDir: "e2e",
  outputDir: "test-results",
  globalSetup: "./e2e/global-setup.ts",
  // one product, one browser: the journeys share an organization
  workers: 1,
  fullyParallel: false,
  forbidOnly: true,
  retries: 0,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: [["list"]],
  use: {
    ...devices["Desktop Chrome"],
    viewport: { width: 1280, height: 900 },
    locale: "en-US",
    timezoneId: "Europe/Berlin",
    screenshot: "only-on-failure",
    launchOptions: { executablePath: browser.path, args: launchArguments },
  },
  projects: [
    { name: "setup", testMatch: "setup.spec.ts" },
    {
      name: "journeys",
      testIgnore: "setup.spec.ts",
      dependencies: ["setup"],
      use: { storageState: "test-results/session.json" },
    },
  ],
});
